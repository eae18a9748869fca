import Foundation
import TerseTensor

/// What every model format decodes to: GGUF metadata and tensors by their GGUF names, with GGUF's conventions applied,
/// so that the floors above know only one.
public struct ModelFile: Sendable {
    /// What the file is.
    public enum Format: String, Sendable {
        /// One GGUF file or its shards.
        case gguf
        /// A directory with config.json and safetensors.
        case huggingFace
        /// A checkpoint of llama2.c.
        case llama2C
    }

    /// What a file does not say about itself.
    public struct Options: Sendable {
        /// The order of weights in I2_S tensors.
        public var i2sOrder = I2SOrder.x86
        /// A tokenizer to use in place of the one found with the model.
        public var tokenizerPath: String?

        /// The usual options, or some of them.
        public init(i2sOrder: I2SOrder = .x86, tokenizerPath: String? = nil) {
            self.i2sOrder = i2sOrder
            self.tokenizerPath = tokenizerPath
        }
    }

    /// As given to `open`.
    public let path: String
    /// What was found there.
    public let format: Format
    /// GGUF keys, whatever the format.
    public let metadata: Metadata
    /// In file order.
    public let tensors: [ModelTensor]
    /// The files with metadata and weights: of shards all, of a Hugging Face directory config.json and the safetensors.
    public let files: [String]
    /// The file or directory that holds the tokenizer, when that is not the metadata.
    public let tokenizerPath: String?
    private let index: [String: Int]

    /// A model put together in memory: `path` is what errors call it.
    /// - Parameter files: nil: the path is the one file.
    /// - Throws: `FormatError` (`invalid`) when two tensors have one name.
    public init(
        path: String, format: Format, metadata: Metadata, tensors: [ModelTensor], files: [String]? = nil,
        tokenizerPath: String? = nil
    ) throws(FormatError) {
        self.path = path
        self.format = format
        self.metadata = metadata
        self.tensors = tensors
        self.files = files ?? [path]
        self.tokenizerPath = tokenizerPath
        var index: [String: Int] = [:]
        index.reserveCapacity(tensors.count)
        for (position, tensor) in tensors.enumerated() {
            guard index.updateValue(position, forKey: tensor.name) == nil else {
                throw FormatError(.invalid, "\(path): tensor \(tensor.name) appears twice")
            }
        }
        self.index = index
    }

    /// The Jinja source of the model's chat template (`tokenizer.chat_template`), if it has one.
    public var chatTemplate: String? { metadata[Self.chatTemplateKey]?.stringValue }
    static let chatTemplateKey = "tokenizer.chat_template"

    /// Terse's own key, behind the architecture's name: how activations are rounded where they are multiplied with ternary
    /// weights, in models of architectures that are not BitNet.
    public static let activationQuantizationKey = "activation_quantization"
    /// With one scale for each token.
    public static let activationQuantizationByToken = "token"

    /// What its maker says of the model (`general.description`), if anything.
    public var description: String? {
        let text = metadata[Self.descriptionKey]?.stringValue?.trimmingCharacters(in: .whitespacesAndNewlines)
        return text?.isEmpty == false ? text : nil
    }
    public static let descriptionKey = "general.description"

    /// Under which licence it may be used (`general.license`), an SPDX expression, if the file says so.
    public var license: String? { metadata[Self.licenseKey]?.stringValue }
    public static let licenseKey = "general.license"

    /// The tensor of this name, listed but not loaded.
    public subscript(_ name: String) -> ModelTensor? { index[name].map { tensors[$0] } }

    /// The tensor of this name, or nil when the model has none; `team` as for `ModelTensor.load`.
    public func tensor(_ name: String, team: ThreadTeam? = nil) throws(FormatError) -> Tensor? {
        try self[name]?.load(team: team)
    }

    /// The tensor of this name, which must have this shape (contiguous dimension first).
    /// - Throws: `FormatError` (`missing`, or `mismatch` with both shapes).
    public func requiredTensor(
        _ name: String, shape: [Int], team: ThreadTeam? = nil
    ) throws(FormatError) -> Tensor {
        guard let found = self[name] else { throw FormatError(.missing, "\(path): tensor \(name) is missing") }
        guard found.shape == shape else {
            throw FormatError(.mismatch, "\(path): tensor \(name): expected shape \(shape), found \(found.shape)")
        }
        return try found.load(team: team)
    }
}
