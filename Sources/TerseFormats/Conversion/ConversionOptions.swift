import TerseTensor
import TerseTokenizer

/// What `Converter` makes of a model.
public struct ConversionOptions: Sendable {
    /// The type of the weight matrices; nil keeps each tensor's own.
    public var type: ElementType?
    /// The type of the head (`output.weight`, or the embedding where it is both), in place of the rule's.
    public var outputType: ElementType?
    /// The type of the embedding, in place of the rule's.
    public var embeddingType: ElementType?
    /// When given, the result goes into shards of at most this many bytes of tensors.
    public var shardBytesMax: Int?
    /// A tokenizer in place of the model's own.
    public var tokenizer: TokenizerDefinition?
    /// A chat template in Jinja in place of the model's own.
    public var chatTemplate: String?
    /// What to say of the model, in place of what its maker said.
    public var description: String?
    /// An SPDX expression in place of the model's own.
    public var license: String?

    /// Says of the result that the inputs of its ternary matrices were rounded with one scale for each token in training, as
    /// BitNet's are. What was trained so for certain gets this without being asked.
    public var quantizesActivationsPerToken = false

    /// - Parameter type: the type of the weight matrices; nil keeps each tensor's own.
    public init(type: ElementType?) {
        self.type = type
    }
}
