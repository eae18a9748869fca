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
        addVocabulary(to: &metadata, count: dimensions.vocabulary)
        return metadata
    }

    /// The bytes in GPT-2's alphabet, one merge, stand-ins, and two control tokens at the end.
    private static func addVocabulary(to metadata: inout Metadata, count: Int) {
        let control: Int32 = 3
        var tokens = (0..<256).map { String(byteAlphabet($0)) }
        tokens.append("he")
        while tokens.count < count - 2 { tokens.append("token\(tokens.count)") }
        tokens += ["<|begin_of_text|>", "<|end_of_text|>"]
        tokens = Array(tokens.suffix(count))
        let kinds = (0..<count).map { $0 < count - 2 ? Int32(1) : control }
        metadata["tokenizer.ggml.model"] = .string("gpt2")
        metadata["tokenizer.ggml.pre"] = .string("llama-bpe")
        metadata["tokenizer.ggml.tokens"] = .array(MetadataArray(tokens))
        metadata["tokenizer.ggml.token_type"] = .array(MetadataArray(kinds))
        metadata["tokenizer.ggml.merges"] = .array(MetadataArray(["h e"]))
        metadata["tokenizer.ggml.bos_token_id"] = .uint32(UInt32(count - 2))
        metadata["tokenizer.ggml.eos_token_id"] = .uint32(UInt32(count - 1))
        metadata["tokenizer.ggml.add_bos_token"] = .bool(true)
    }

    /// GPT-2's printable character for a byte: itself, or the next free one from U+0100 on.
    private static func byteAlphabet(_ byte: Int) -> Unicode.Scalar {
        func isPrintable(_ byte: Int) -> Bool {
            (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
        }
        guard !isPrintable(byte) else { return Unicode.Scalar(UInt8(byte)) }
        let rank = (0..<byte).filter { !isPrintable($0) }.count
        return Unicode.Scalar(UInt16(256 + rank))!
    }
}
