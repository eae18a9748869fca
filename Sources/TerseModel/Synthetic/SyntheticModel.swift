import TerseFormats
import TerseTensor

/// Models of random weights: the exact shape, size and cost of a real one, and nonsense for text. Runs in any program
/// that reads GGUF once it is written.
public enum SyntheticModel {
    /// Makes a model in memory, in seconds.
    ///
    /// - Parameters:
    ///   - type: of the layers' matrices. The embedding and the output head have the same one, or Q6_K where the layers
    ///     are ternary.
    ///   - seed: equal seeds give equal weights, whatever the team.
    /// - Throws: `ModelError` (`typeMismatch`) for a type that the shape cannot have.
    public static func make(
        shape: SyntheticShape, type: ElementType? = nil, seed: UInt64 = 1, team: ThreadTeam
    ) throws(ModelError) -> ModelFile {
        try make(shape.dimensions, name: shape.rawValue, type: type ?? shape.defaultType, seed: seed, team: team)
    }

    static func make(
        _ dimensions: SyntheticDimensions, name: String, type: ElementType, seed: UInt64, team: ThreadTeam
    ) throws(ModelError) -> ModelFile {
        guard type.isWeightType else {
            throw ModelError(.typeMismatch, "synthetic model \(name): \(type.name) is no type for weights")
        }
        var tensors: [ModelTensor] = []
        var seeds = SplitMix64(state: seed)
        do {
            for entry in entries(dimensions, type) {
                let filler = RandomBlocks(type: entry.type, deviation: entry.deviation, seed: seeds.next())
                let tensor = try filler.tensor(shape: entry.shape, team: team)
                tensors.append(ModelTensor(name: entry.name, tensor: tensor))
            }
            if let greatest = dimensions.rotaryDivisorMax {
                tensors.append(try rotaryDivisors(dimensions.headDimension / 2, greatest))
            }
        } catch { throw ModelError(.typeMismatch, "synthetic model \(name) in \(type.name): \(error.message)") }
        do {
            return try ModelFile(
                path: "synthetic \(name)", format: .gguf, metadata: SyntheticMetadata.metadata(dimensions, name: name),
                tensors: tensors)
        } catch { throw ModelError(.file, error.message) }
    }

    private struct Entry {
        let name: String
        let shape: [Int]
        let type: ElementType
        /// Standard deviation of the weights; 0: all are one.
        let deviation: Float
    }

    private static func entries(_ dimensions: SyntheticDimensions, _ type: ElementType) -> [Entry] {
        let (hidden, inner) = (dimensions.hidden, dimensions.feedForward)
        let kv = dimensions.kvHeads * dimensions.headDimension
        func matrix(_ name: String, _ columns: Int, _ rows: Int, _ type: ElementType) -> Entry {
            Entry(
                name: name + ".weight", shape: [columns, rows], type: type, deviation: 1 / Float(columns).squareRoot())
        }
        func norm(_ name: String, _ count: Int) -> Entry {
            Entry(name: name + ".weight", shape: [count], type: .f32, deviation: 0)
        }
        func bias(_ name: String, _ count: Int) -> Entry {
            Entry(name: name + ".bias", shape: [count], type: .f32, deviation: 0.1)
        }
        let headType = type.isTernary ? .q6K : type
        var entries = [
            matrix("token_embd", hidden, dimensions.vocabulary, headType), norm("output_norm", hidden),
        ]
        if dimensions.hasOwnHead { entries.append(matrix("output", hidden, dimensions.vocabulary, headType)) }
        for layer in 0..<dimensions.layers {
            let prefix = "blk.\(layer)."
            entries += [
                norm(prefix + "attn_norm", hidden), matrix(prefix + "attn_q", hidden, hidden, type),
                matrix(prefix + "attn_k", hidden, kv, type), matrix(prefix + "attn_v", hidden, kv, type),
                matrix(prefix + "attn_output", hidden, hidden, type), norm(prefix + "ffn_norm", hidden),
                matrix(prefix + "ffn_gate", hidden, inner, type), matrix(prefix + "ffn_up", hidden, inner, type),
                matrix(prefix + "ffn_down", inner, hidden, type),
            ]
            let traits = dimensions.architecture.traits
            if traits.hasHeadNorms {
                entries += [
                    norm(prefix + "attn_q_norm", dimensions.headDimension),
                    norm(prefix + "attn_k_norm", dimensions.headDimension),
                ]
            }
            if traits.requiresInputBiases {
                entries += [bias(prefix + "attn_q", hidden), bias(prefix + "attn_k", kv), bias(prefix + "attn_v", kv)]
            }
            if traits.hasSubNorms {
                entries += [norm(prefix + "attn_sub_norm", hidden), norm(prefix + "ffn_sub_norm", inner)]
            }
        }
        return entries
    }

    /// Factors that grow from 1 to `greatest`, as llama-3's do.
    private static func rotaryDivisors(_ count: Int, _ greatest: Float) throws(TensorError) -> ModelTensor {
        let bytes = TensorBytes(count: count * MemoryLayout<Float>.stride) { memory in
            let values = memory.bindMemory(to: Float.self)
            for pair in 0..<count {
                let slow = Float(pair) / Float(max(count - 1, 1))
                values[pair] = slow < 0.5 ? 1 : 1 + (greatest - 1) * (2 * slow - 1)
            }
        }
        return ModelTensor(
            name: "rope_freqs.weight", tensor: try Tensor(type: .f32, shape: [count], bytes: bytes))
    }
}
