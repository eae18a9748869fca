import TerseFormats

/// The metadata of a synthetic model: its numbers, and a byte-level vocabulary that any reader of GGUF accepts.
enum SyntheticMetadata {
    static func metadata(_ dimensions: SyntheticDimensions, name: String) -> Metadata {
        var metadata = Metadata(source: "synthetic \(name)")
        let architecture = dimensions.architecture.rawValue
        metadata["general.architecture"] = .string(architecture)
        metadata["general.name"] = .string("synthetic \(name)")
        let numbers = [
            ("block_count", dimensions.layers), ("context_length", dimensions.context),
            ("embedding_length", dimensions.hidden), ("feed_forward_length", dimensions.feedForward),
            ("attention.head_count", dimensions.heads), ("attention.head_count_kv", dimensions.kvHeads),
            ("rope.dimension_count", dimensions.headDimension), ("vocab_size", dimensions.vocabulary),
        ]
        for (key, value) in numbers { metadata["\(architecture).\(key)"] = .uint32(UInt32(value)) }
        metadata["\(architecture).attention.layer_norm_rms_epsilon"] = .float32(1e-5)
        metadata["\(architecture).rope.freq_base"] = .float32(dimensions.rotaryBase)
        metadata["\(architecture).hidden_activation"] = .string(dimensions.activation.rawValue)
        if dimensions.quantizesActivationsPerToken {
            metadata["\(architecture).\(ModelFile.activationQuantizationKey)"] = .string(
                ModelFile.activationQuantizationByToken)
        }
        addVocabulary(to: &metadata, count: dimensions.vocabulary)
        return metadata
    }

    /// The special tokens and bytes that SentencePiece's vocabularies begin with, the space, then stand-ins.
    private static func addVocabulary(to metadata: inout Metadata, count: Int) {
        let (normal, unknown, control, byte): (Int32, Int32, Int32, Int32) = (1, 2, 3, 6)
        var tokens = ["<unk>", "<s>", "</s>"]
        var kinds = [unknown, control, control]
        for value in 0..<256 {
            let digits = String(value, radix: 16, uppercase: true)
            tokens.append("<0x\(digits.count < 2 ? "0" : "")\(digits)>")
            kinds.append(byte)
        }
        tokens.append("▁")
        kinds.append(normal)
        for id in tokens.count..<max(tokens.count, count) {
            tokens.append("token\(id)")
            kinds.append(normal)
        }
        metadata["tokenizer.ggml.model"] = .string("llama")
        metadata["tokenizer.ggml.tokens"] = .array(MetadataArray(tokens.prefix(count)))
        metadata["tokenizer.ggml.scores"] = .array(MetadataArray([Float](repeating: 0, count: count)))
        metadata["tokenizer.ggml.token_type"] = .array(MetadataArray(kinds.prefix(count)))
        metadata["tokenizer.ggml.unknown_token_id"] = .uint32(0)
        metadata["tokenizer.ggml.bos_token_id"] = .uint32(1)
        metadata["tokenizer.ggml.eos_token_id"] = .uint32(2)
        metadata["tokenizer.ggml.add_bos_token"] = .bool(true)
    }
}
