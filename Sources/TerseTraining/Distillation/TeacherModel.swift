import Foundation
import TerseFormats
import TerseModel
import TerseTensor
import TerseTokenizer

/// The model that teaches: any that can be run, or a run's newest checkpoint, which is written as a model first.
struct TeacherModel {
    let model: Model
    /// Differs when the model does, as far as its tensors' names, shapes and first bytes tell.
    let fingerprint: UInt64

    /// Says of a model that was written for a student as which source its recipe names it.
    private static let sourceKey = "terse.teacher"
    /// Bytes of each tensor that the fingerprint takes.
    private static let sampleBytes = 4096

    /// - Parameters:
    ///   - source: A run's folder, a checkpoint or a model.
    ///   - folder: Of the student's run; takes the model of a checkpoint.
    ///   - resumes: Whether the model that was written there for this source is the teacher still, whatever its run has
    ///     become.
    /// - Throws: `TrainingError`: `mismatch` when it is no model, or its tokens are not the student's.
    init(
        _ source: WeightSource, for definition: TokenizerDefinition, folder: String, resumes: Bool, team: ThreadTeam
    ) throws(TrainingError) {
        let file: ModelFile
        do {
            file = try ModelFile.open(
                Self.modelPath(source, for: definition, folder: folder, resumes: resumes, team: team))
            model = try Model(file, packing: .none)
            try Self.check(file, definition)
        } catch {
            throw TrainingError(error, at: source.path)
        }
        fingerprint = Self.fingerprint(file)
    }

    /// The path of a model: that given, or the checkpoint's, written into `folder`.
    private static func modelPath(
        _ source: WeightSource, for definition: TokenizerDefinition, folder: String, resumes: Bool, team: ThreadTeam
    ) throws(TrainingError) -> String {
        let target = folder + "/teacher.gguf"
        let isThere = FileManager.default.fileExists(atPath: target)
        let writtenFor = isThere ? (try? ModelFile.open(target))?.metadata[sourceKey]?.stringValue : nil
        if resumes, writtenFor == source.name { return target }
        guard let checkpoint = try Checkpoint.at(source.path) else { return source.path }
        guard !isThere || writtenFor != nil else {
            throw TrainingError(
                .system, "\(target): was not written by a run, and would be replaced; move it elsewhere")
        }
        let shape = checkpoint.shape
        try checkpoint.check(definition)
        let parameters = try ParameterSet<Float>(ParameterLayout(shape), isTernary: shape.isTernary)
        try parameters.read(checkpoint.weights())
        var options = ModelExport.Options()
        options.name = "teacher"
        options.metadata = [(sourceKey, .string(source.name))]
        (options.projectionType, options.embeddingType) = (.f32, .f32)
        try ModelExport(shape, parameters, options: options).write(to: target, team: team)
        return target
    }

    /// The tokens of `definition` must be the model's, id by id; it may have more behind them, and one that does not know
    /// its tokens is believed.
    static func check(_ file: ModelFile, _ definition: TokenizerDefinition) throws {
        guard let own = try file.tokenizerDefinition() else { return }
        guard
            let id = (0..<definition.tokens.count).first(where: { id in
                id >= own.tokens.count || !own.tokens[id].elementsEqual(definition.tokens[id])
            })
        else { return }
        throw TrainingError(
            .mismatch,
            "\(file.path): token \(id) is not that of the recipe's tokenizer, which must be the same")
    }

    private static func fingerprint(_ file: ModelFile) -> UInt64 {
        var fingerprint = Fingerprint()
        for tensor in file.tensors {
            fingerprint.take("\(tensor.name)\(tensor.shape)\(tensor.type.name)".utf8)
            guard tensor.isMapped, let bytes = try? tensor.load().bytes.buffer else { continue }
            fingerprint.take(bytes.prefix(sampleBytes))
        }
        return fingerprint.value
    }
}
