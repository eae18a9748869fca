import Foundation
import TerseJSON

/// A model directory as Hugging Face's hub holds it: config.json, safetensors, tokenizer, chat template.
enum HuggingFaceDirectory {
    /// - Parameter tokenizerPath: a tokenizer in place of the directory's own.
    static func open(_ path: String, tokenizerPath: String?) throws(FormatError) -> ModelFile {
        let file = try JSONFile(path: "\(path)/config.json")
        let configuration = try HuggingFaceConfiguration(file)
        let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        var metadata = HuggingFaceMetadata(configuration: configuration, name: name).metadata(source: path)
        if let template = try chatTemplate(directory: path) {
            metadata[ModelFile.chatTemplateKey] = .string(template)
        }
        let weights = try HuggingFaceWeights(directory: path)
        let tensors = try HuggingFaceTensors(configuration: configuration, weights: weights).modelTensors()
        return try ModelFile(
            path: path, format: .huggingFace, metadata: metadata, tensors: tensors,
            files: ["\(path)/config.json"] + weights.files,
            tokenizerPath: tokenizerPath ?? (TokenizerDirectory(path: path).isPresent ? path : nil))
    }

    /// The largest template file that is read.
    static let templateBytesMax = 16 << 20

    /// chat_template.jinja, else chat_template.json, else the entry of tokenizer_config.json, of which a list holds
    /// named templates, the one named `default` being meant.
    static func chatTemplate(directory: String) throws(FormatError) -> String? {
        let plain = "\(directory)/chat_template.jinja"
        if FileManager.default.fileExists(atPath: plain) {
            let file = try TextFile.read(plain, bytesMax: templateBytesMax)
            return file
        }
        for name in ["chat_template.json", "tokenizer_config.json"] {
            guard let file = try JSONFile.ifPresent(path: "\(directory)/\(name)"), let value = file["chat_template"]
            else { continue }
            if let text = value.stringValue { return text }
            guard let named = value.arrayValue else {
                throw FormatError(
                    .mismatch, "\(file.path): chat_template: expected a string or a list, found \(value.kindName)")
            }
            return named.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
        }
        return nil
    }
}
