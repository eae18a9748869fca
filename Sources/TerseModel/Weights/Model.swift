import Foundation
import TerseFormats
import TerseTensor

/// A model ready to run: its configuration and its weights, matrices mapped and never written.
///
/// Any number of runners share one model.
public final class Model: Sendable {
    public let configuration: ModelConfiguration
    /// The file that the weights came from.
    public let path: String
    /// Bytes of all weights as they are used: packed ones in their layouts.
    public let weightBytes: Int
    /// Bytes of weights in this process's own memory: vectors, and those that no file holds as they are needed.
    public let ownedWeightBytes: Int

    /// Why packed weights could not be kept in a file, as was wanted, and take memory of this process.
    public let packingProblem: String?

    /// Whether it only says what it takes (`Packing.foreseen`).
    let isForeseen: Bool
    /// The output head's own weights where that is the embedding, laid out as they are for it.
    let embedding: WeightMatrix
    let layers: [LayerWeights]
    let outputNorm: FloatVector
    let output: LayerWeights.Projection
    /// Angle per position of each rotary pair.
    let inverseFrequencies: [Double]
    let attentionFactor: Float

    /// Whether the output head is the token embedding.
    public let hasTiedOutput: Bool

    /// Finds and checks every tensor. Matrices that the file holds as they are needed are mapped, so this takes
    /// milliseconds, but where they are packed (`Packing`), which takes seconds for each gigabyte.
    ///
    /// - Throws: `ModelError` naming the file, the tensor or key, and both sides of the mismatch.
    public init(_ file: ModelFile, packing: Packing = .inMemory) throws(ModelError) {
        let configuration = try ModelConfiguration(file)
        var source = WeightSource(file)
        let (hidden, vocabulary) = (configuration.hiddenSize, configuration.vocabularySize)
        let embedding = try source.matrix("token_embd.weight", columns: hidden, rows: vocabulary)
        let head = try source.optionalMatrix("output.weight", columns: hidden, rows: vocabulary)
        var output = LayerWeights.Projection(
            weights: .rows(head ?? embedding), bias: try source.optionalVector("output.bias", count: vocabulary))
        hasTiedOutput = head == nil
        outputNorm = try source.vector("output_norm.weight", count: hidden)
        var layers: [LayerWeights] = []
        layers.reserveCapacity(configuration.layerCount)
        for layer in 0..<configuration.layerCount {
            layers.append(try LayerWeights(&source, layer: layer, configuration))
        }
        let packer = ModelPacker(packing: packing, packsTernary: configuration.quantizesActivationsPerToken)
        let packed = packer.pack(&layers, &output)
        self.embedding = head == nil ? output.weights : .rows(embedding)
        self.output = output
        self.layers = layers
        let divisors = try Self.rotaryDivisors(&source, configuration)
        source.releasePages()
        (inverseFrequencies, attentionFactor) = configuration.rotary.frequencies(
            dimension: configuration.headDimension, divisors: divisors)
        self.configuration = configuration
        path = file.path
        weightBytes = source.encodedBytes + packed.byteCount - packed.originalBytes
        ownedWeightBytes = source.ownedBytes + packed.ownedBytes
        packingProblem = packed.problem
        isForeseen = packing == .foreseen
    }

    /// Llama-3's factors on the wavelengths of the rotary pairs, if the file has them.
    private static func rotaryDivisors(
        _ source: inout WeightSource, _ configuration: ModelConfiguration
    ) throws(ModelError) -> [Float]? {
        let name = "rope_freqs.weight"
        guard let vector = try source.optionalVector(name, count: configuration.headDimension / 2) else { return nil }
        let divisors = Array(UnsafeBufferPointer(start: vector.pointer, count: vector.count))
        guard let bad = divisors.firstIndex(where: { !($0.isFinite && $0 > 0) }) else { return divisors }
        throw ModelError(
            .badConfiguration,
            "\(source.file.path): tensor \(name): expected positive factors, found \(divisors[bad]) at \(bad)")
    }

    /// The scheme in which the inputs of a product with `weights` are held.
    func scheme(for weights: WeightMatrix) -> ActivationScheme {
        switch weights {
        case .packed: .int8Packed
        case .split: .int8Blocks256
        case .tiled(let matrix): matrix.type.activationScheme
        case .rows(let tensor) where configuration.quantizesActivationsPerToken && tensor.type.isTernary: .int8Row
        case .rows(let tensor): tensor.type.activationScheme
        }
    }

    /// What the inputs of the layers' products come to.
    func activationCapacity(rows: Int) -> ActivationCapacity {
        var capacity = ActivationCapacity(rows: rows)
        for layer in layers {
            for path in LayerWeights.projections {
                let weights = layer[keyPath: path].weights
                capacity.include(scheme(for: weights), columns: weights.columns)
            }
        }
        return capacity
    }
}
