import TerseFormats
import TerseModel
import TerseTensor
import TerseTokenizer

/// A trained model as a file that anyone serves.
///
/// Ternary projections become −1, 0 and +1 in blocks of scale 1 with their float32 scale beside them, so the weights of
/// the file are those that the last forward pass multiplied by, and a reader with integer kernels computes the same sums.
struct ModelExport {
    /// How tensors are encoded, and what goes with them.
    struct Options: Sendable {
        /// The model's name in the file.
        var name = "terse"
        /// The type of projections that are not ternary.
        var projectionType = ElementType.f16
        /// The type of the embedding and the output head.
        var embeddingType = ElementType.q8_0
        var tokenizer: TokenizerDefinition?
        /// Further metadata, which must not repeat the model's own.
        var metadata: [(key: String, value: MetadataValue)] = []
    }

    private let shape: ModelShape
    private let parameters: ParameterSet<Float>
    private let options: Options

    /// - Parameter parameters: of a model of `shape`.
    init(_ shape: ModelShape, _ parameters: ParameterSet<Float>, options: Options = Options()) {
        self.shape = shape
        self.parameters = parameters
        self.options = options
    }

    /// Writes the model at `path`, where it appears when it is complete.
    /// - Returns: what became of each tensor.
    /// - Throws: `TrainingError`: `notFinite` naming a tensor, `mismatch` for a tokenizer with more tokens than the
    ///   embedding has rows, `system` when the disk fails.
    @discardableResult
    func write(to path: String, team: ThreadTeam) throws(TrainingError) -> ConversionReport {
        let file = try modelFile(team: team)
        var conversion = ConversionOptions(
            type: shape.isTernary ? PackedTernary.type : options.projectionType)
        conversion.outputType = options.embeddingType
        conversion.embeddingType = options.embeddingType
        conversion.tokenizer = options.tokenizer
        do { return try Converter(file, options: conversion).write(to: path, team: team) } catch {
            throw TrainingError(error.code == .system ? .system : .mismatch, error.message)
        }
    }

    /// The model in memory: float32 weights, ternary ones as −1, 0 and +1 with their scale. Later changes of the weights
    /// do not show.
    /// - Throws: `TrainingError` (`notFinite`), naming the tensor.
    func modelFile(team: ThreadTeam) throws(TrainingError) -> ModelFile {
        parameters.prepare(team: team)
        var tensors: [ModelTensor] = []
        for (index, parameter) in parameters.layout.parameters.enumerated() {
            let weights = UnsafeBufferPointer(start: parameters.weight(index), count: parameter.count)
            guard weights.allSatisfy(\.isFinite) else {
                throw TrainingError(.notFinite, "\(parameter.name) holds weights that are not finite")
            }
            let isTernary = parameters.isTernary && parameter.role == .projection
            let source = UnsafeBufferPointer(start: parameters.effective(index), count: parameter.count)
            let bytes = TensorBytes(count: parameter.count * MemoryLayout<Float>.stride) { memory in
                let target = memory.bindMemory(to: Float.self)
                for element in 0..<parameter.count {
                    let value = source[element]
                    target[element] = isTernary ? Float(value.sign == .minus ? -1 : 1) * (value == 0 ? 0 : 1) : value
                }
            }
            do {
                let tensor = try Tensor(
                    type: .f32, shape: parameter.shape, bytes: bytes, scale: isTernary ? parameters.scales[index] : 1)
                tensors.append(ModelTensor(name: parameter.name, tensor: tensor))
            } catch { throw TrainingError(.invalid, "\(parameter.name): \(error.message)") }
        }
        do {
            return try ModelFile(path: options.name, format: .gguf, metadata: metadata(), tensors: tensors)
        } catch { throw TrainingError(.invalid, error.message) }
    }

    /// The model as it is now, for running it beside training: ternary projections packed as serving has them, all else
    /// the float32 weights themselves. Nothing is copied: when the weights change, it is no model any more.
    func liveModel(team: ThreadTeam) throws(TrainingError) -> ModelFile {
        parameters.prepare(team: team)
        do {
            let tensors = try parameters.layout.parameters.enumerated().map { index, parameter in
                if parameter.role == .projection, let packed = parameters.packed {
                    return ModelTensor(name: parameter.name, tensor: packed.matrices(index..<index + 1)[0])
                }
                let bytes = TensorBytes(
                    pointer: UnsafeRawPointer(parameters.effective(index)),
                    count: parameter.count * MemoryLayout<Float>.stride, owner: parameters)
                return ModelTensor(
                    name: parameter.name, tensor: try Tensor(type: .f32, shape: parameter.shape, bytes: bytes))
            }
            return try ModelFile(path: options.name, format: .gguf, metadata: metadata(), tensors: tensors)
        } catch let error as TensorError {
            throw TrainingError(.invalid, error.message)
        } catch let error as FormatError {
            throw TrainingError(.invalid, error.message)
        } catch {
            throw TrainingError(.invalid, "\(error)")
        }
    }

    private func metadata() -> Metadata {
        var metadata = Metadata(source: options.name)
        let prefix = shape.architecture.rawValue
        metadata["general.architecture"] = .string(prefix)
        metadata["general.name"] = .string(options.name)
        let numbers = [
            ("block_count", shape.layerCount), ("context_length", shape.contextLength),
            ("embedding_length", shape.hiddenSize), ("feed_forward_length", shape.feedForwardSize),
            ("attention.head_count", shape.headCount), ("attention.head_count_kv", shape.kvHeadCount),
            ("attention.key_length", shape.headDimension), ("attention.value_length", shape.headDimension),
            ("rope.dimension_count", shape.headDimension), ("vocab_size", shape.vocabularySize),
        ]
        for (key, value) in numbers { metadata["\(prefix).\(key)"] = .uint32(UInt32(value)) }
        metadata["\(prefix).attention.layer_norm_rms_epsilon"] = .float32(shape.normEpsilon)
        metadata["\(prefix).rope.freq_base"] = .float32(shape.rotaryBase)
        metadata["\(prefix).hidden_activation"] = .string(shape.activation.rawValue)
        for (key, value) in options.metadata where metadata[key] == nil { metadata[key] = value }
        return metadata
    }
}
