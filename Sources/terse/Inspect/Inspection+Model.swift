import TerseJSON
import TerseModel
import TerseTensor

/// The architecture's numbers and the memory that running takes.
extension Inspection {
    var configurationLines: [(String, String)] {
        guard let configuration else { return [] }
        var attention = "\(configuration.headCount) heads of \(configuration.headDimension)"
        if configuration.kvHeadCount != configuration.headCount {
            attention += ", \(configuration.kvHeadCount) for keys and values"
        }
        let lines = [
            ("layers", "\(configuration.layerCount)"),
            ("width", "\(configuration.hiddenSize), feed-forward \(configuration.feedForwardSize)"),
            ("attention", attention),
            ("vocabulary", "\(configuration.vocabularySize)"),
            ("context", "\(configuration.contextLength) tokens"),
        ]
        guard let quantizesActivationsPerToken else { return lines }
        let group =
            quantizesActivationsPerToken
            ? "token" : "256 of a token's (trained otherwise? convert --activations-per-token)"
        return lines + [("activations", "int8, a scale for each \(group)")]
    }

    /// Whether the inputs of all ternary matrices are rounded with one scale for each token, as the model or their type has it; nil
    /// where there are none.
    private var quantizesActivationsPerToken: Bool? {
        let ternary = types.map(\.type).filter(\.isTernary)
        guard let configuration, !ternary.isEmpty else { return nil }
        return configuration.quantizesActivationsPerToken || ternary.allSatisfy { $0.activationScheme == .int8Row }
    }

    var memoryLines: [(String, String)] {
        guard let memory else { return [] }
        return [
            (
                "memory",
                "\(Quantity.bytes(memory.totalBytes)) at \(memory.contextLength) tokens of context: "
                    + "weights \(Quantity.bytes(memory.weightBytes)), KV \(Quantity.bytes(memory.kvBytes)) "
                    + "(\(Quantity.bytes(memory.kvBytesPerToken)) a token), "
                    + "scratch \(Quantity.bytes(memory.scratchBytes))"
            )
        ]
    }

    func json(of configuration: ModelConfiguration) -> JSONValue {
        [
            "layers": .integer(Int64(configuration.layerCount)),
            "hidden_size": .integer(Int64(configuration.hiddenSize)),
            "feed_forward_size": .integer(Int64(configuration.feedForwardSize)),
            "heads": .integer(Int64(configuration.headCount)),
            "kv_heads": .integer(Int64(configuration.kvHeadCount)),
            "head_dimension": .integer(Int64(configuration.headDimension)),
            "vocabulary": .integer(Int64(configuration.vocabularySize)),
            "context_length": .integer(Int64(configuration.contextLength)),
            "quantizes_activations_per_token": quantizesActivationsPerToken.map { .bool($0) } ?? .null,
        ]
    }

    func json(of memory: MemoryPlan) -> JSONValue {
        [
            "context_length": .integer(Int64(memory.contextLength)),
            "weight_bytes": .integer(Int64(memory.weightBytes)),
            "kv_bytes": .integer(Int64(memory.kvBytes)),
            "kv_bytes_per_token": .integer(Int64(memory.kvBytesPerToken)),
            "scratch_bytes": .integer(Int64(memory.scratchBytes)),
            "total_bytes": .integer(Int64(memory.totalBytes)),
        ]
    }
}
