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

    /// Bytes of each tensor that the fingerprint takes.
    private static let sampleBytes = 4096

    /// - Parameters:
    ///   - path: A run's folder, a checkpoint or a model.
    ///   - folder: Of the student's run; takes the model of a checkpoint.
    ///   - isKept: Whether the model that was written there is the teacher still, whatever its run has become: once a
    ///     checkpoint of the student says which it is. Before that one that is there may be of another recipe.
    /// - Throws: `TrainingError`: `mismatch` when it is no model, or its tokens are not the student's.
    init(
        _ path: String, for definition: TokenizerDefinition, folder: String, isKept: Bool, team: ThreadTeam
    ) throws(TrainingError) {
        let file: ModelFile
        do {
            file = try ModelFile.open(
                Self.modelPath(path, for: definition, folder: folder, isKept: isKept, team: team))
            model = try Model(file, packing: .none)
            try Self.check(file, definition)
        } catch {
            throw TrainingError(error, at: path)
        }
        fingerprint = Self.fingerprint(file)
    }

    /// The path of a model: that given, or the checkpoint's, written into `folder`.
    private static func modelPath(
        _ path: String, for definition: TokenizerDefinition, folder: String, isKept: Bool, team: ThreadTeam
    ) throws(TrainingError) -> String {
        let target = folder + "/teacher.gguf"
        if isKept, FileManager.default.fileExists(atPath: target) { return target }
        guard let checkpoint = try Checkpoint.at(path) else {
            if URL(filePath: path).standardizedFileURL != URL(filePath: target).standardizedFileURL { unlink(target) }
            return path
        }
        let shape = checkpoint.shape
        try checkpoint.check(definition)
        let parameters = try ParameterSet<Float>(ParameterLayout(shape), isTernary: shape.isTernary)
        try parameters.read(checkpoint.weights())
        var options = ModelExport.Options()
        options.name = "teacher"
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
