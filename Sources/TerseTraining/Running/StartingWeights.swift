import TerseFormats
import TerseModel
import TerseTokenizer

/// The weights that a run starts from in place of random ones: the newest checkpoint of another run, a checkpoint, or a
/// model in any format that is read here. How a float model becomes a ternary one: "BitNet Distillation"
/// (arXiv:2510.13998) found this warm-up decisive.
struct StartingWeights {
    private let file: ModelFile
    private let source: ModelShape
    private let target: ModelShape

    /// Opens the weights at `path` and checks that a model of `shape` can take them: all sizes are its own but the length
    /// of the context; ternary or not does not matter; a llama model may become a BitNet one, whose further norms are 1
    /// at first.
    /// Its tokens must be those of `definition`, where it says which they are.
    /// - Throws: `TrainingError` (`mismatch`) naming the file, what differs, and both sides.
    init(_ path: String, for shape: ModelShape, _ definition: TokenizerDefinition) throws(TrainingError) {
        if let checkpoint = try Checkpoint.at(path) {
            try checkpoint.check(definition)
            (file, source) = (try checkpoint.weights(), checkpoint.shape)
        } else {
            (file, source) = try Self.model(path, definition)
        }
        target = shape
        try check()
    }

    private static func model(
        _ path: String, _ definition: TokenizerDefinition
    ) throws(TrainingError) -> (ModelFile, ModelShape) {
        do {
            let file = try ModelFile.open(path)
            try TeacherModel.check(file, definition)
            let configuration = try ModelConfiguration(file)
            do throws(TrainingError) {
                return (file, try ModelShape(configuration, tiesEmbeddings: file["output.weight"] == nil))
            } catch {
                throw TrainingError(error.code, "\(path): \(error.message)")
            }
        } catch {
            throw TrainingError(error, at: path)
        }
    }

    /// Takes the weights.
    /// - Parameter parameters: of a model of the shape given at first.
    /// - Throws: `TrainingError` (`mismatch`), naming the tensor.
    func read(into parameters: ParameterSet<Float>) throws(TrainingError) {
        let layers = parameters.layout.layers
        var missing: Set<Int> = []
        if !source.hasSubNorms {
            missing = Set(layers.flatMap { [$0.attentionSubNorm, $0.feedForwardSubNorm] }.compactMap { $0 })
        }
        try parameters.read(file, missing: missing)
        guard source.rotaryLayout != target.rotaryLayout else { return }
        for index in layers.flatMap({ $0.qkv.dropLast() }) {
            parameters.reorderRows(index, headDimension: target.headDimension)
        }
    }

    private func check() throws(TrainingError) {
        let pairs: [(String, String, String)] = [
            ("layers", "\(source.layerCount)", "\(target.layerCount)"),
            ("hidden_size", "\(source.hiddenSize)", "\(target.hiddenSize)"),
            ("feed_forward_size", "\(source.feedForwardSize)", "\(target.feedForwardSize)"),
            ("heads", "\(source.headCount)", "\(target.headCount)"),
            ("kv_heads", "\(source.kvHeadCount)", "\(target.kvHeadCount)"),
            ("head_dimension", "\(source.headDimension)", "\(target.headDimension)"),
            ("tokens of the vocabulary", "\(source.vocabularySize)", "\(target.vocabularySize)"),
            ("norm_epsilon", "\(source.normEpsilon)", "\(target.normEpsilon)"),
            ("rotary_base", "\(source.rotaryBase)", "\(target.rotaryBase)"),
            ("activation", source.activationName, target.activationName),
            ("tied_embeddings", "\(source.tiesEmbeddings)", "\(target.tiesEmbeddings)"),
        ]
        for (name, found, expected) in pairs where found != expected {
            throw TrainingError(
                .mismatch, "\(file.path): \(name): expected \(expected) as the recipe says, found \(found)")
        }
        guard source.architecture == target.architecture || target.architecture == .bitnet else {
            throw TrainingError(
                .mismatch, "\(file.path): a \(source.architecture.rawValue) model has norms that llama has no place for"
            )
        }
    }
}
