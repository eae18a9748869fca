import TerseTensor
import TerseTokenizer

/// The metadata of a converted file: the model's, its tokenizer, and what the new types say.
struct ConversionMetadata {
    let model: ModelFile
    let options: ConversionOptions
    let types: [ElementType]

    /// The version of the block formats (`general.quantization_version`).
    private static let quantizationVersion: UInt32 = 2

    func metadata() throws(FormatError) -> Metadata {
        var metadata = Self.renamingBitNet(model.metadata)
        metadata[GGUFReader.alignmentKey] = nil
        if let architecture = metadata["general.architecture"]?.stringValue, architecture != "bitnet",
            options.quantizesActivationsPerToken || model.tensors.contains(where: { $0.type == .i2S })
        {
            // Types other than I2_S say nothing of activations.
            let key = "\(architecture).\(ModelFile.activationQuantizationKey)"
            metadata[key] = .string(ModelFile.activationQuantizationByToken)
        }
        if let type = options.type, let number = TypeRule.fileType(type) {
            metadata["general.file_type"] = .uint32(number)
        } else if metadata["general.file_type"] == nil, let number = mostUsedFileType() {
            metadata["general.file_type"] = .uint32(number)
        }
        if types.contains(where: { $0.blockElements > 1 }) {
            metadata["general.quantization_version"] = .uint32(Self.quantizationVersion)
        }
        if options.chatTemplate != nil {  // Others, for tools and the like, go with it.
            for key in metadata.keys where key.hasPrefix(ModelFile.chatTemplateKey) { metadata[key] = nil }
        }
        for (key, value) in [
            (ModelFile.chatTemplateKey, options.chatTemplate), (ModelFile.descriptionKey, options.description),
            (ModelFile.licenseKey, options.license),
        ] {
            if let value { metadata[key] = .string(value) }
        }
        guard let tokenizer = try tokenizer() else {
            // Without this key llama.cpp refuses the file.
            if metadata["tokenizer.ggml.model"] == nil { metadata["tokenizer.ggml.model"] = .string("no_vocab") }
            return metadata
        }
        let rows = model["token_embd.weight"].map { $0.shape.dropFirst().reduce(1, *) }
        metadata.source = model.path
        try metadata.setTokenizer(tokenizer, vocabularySize: rows)
        return metadata
    }

    /// The tokenizer to write anew; nil when the metadata has it already.
    private func tokenizer() throws(FormatError) -> TokenizerDefinition? {
        if let tokenizer = options.tokenizer { return tokenizer }
        return model.tokenizerPath == nil ? nil : try model.tokenizerDefinition()
    }

    private func mostUsedFileType() -> UInt32? {
        var bytes: [ElementType: Int] = [:]
        for tensor in model.tensors where tensor.shape.count > 1 { bytes[tensor.type, default: 0] += tensor.byteCount }
        return bytes.max { $0.value < $1.value }.flatMap { TypeRule.fileType($0.key) }
    }

    /// bitnet.cpp's names for the 2B-4T architecture become llama.cpp's `bitnet` with the activation named.
    private static func renamingBitNet(_ metadata: Metadata) -> Metadata {
        guard let name = metadata["general.architecture"]?.stringValue, ["bitnet-b1.58", "bitnet-25"].contains(name)
        else {
            return metadata
        }
        var result = Metadata(source: metadata.source)
        for key in metadata.keys {
            let renamed = key.hasPrefix("\(name).") ? "bitnet." + key.dropFirst(name.count + 1) : key
            result[renamed] = metadata[key]
        }
        result["general.architecture"] = .string("bitnet")
        if result["bitnet.hidden_activation"] == nil { result["bitnet.hidden_activation"] = .string("relu2") }
        return result
    }
}
