import TerseTensor

/// How much a runner can hold.
public struct RunnerOptions: Sendable, Equatable {
    /// The most rows of a forward pass: the longest chunk of a prompt.
    public var maxRows = 512
    /// The longest sequence; nil: the model's context, at most `contextLengthDefaultMax`.
    public var contextLength: Int?
    /// Sequences of full length that the KV cache holds at once. Shorter ones share the same memory.
    public var sequenceCount = 1
    /// Blocks of the KV cache, where it is not to hold `sequenceCount` sequences of full length.
    public var kvBlockCount: Int?
    public var kvType = KVType.f16
    /// Rows of logits computed together.
    public var maxLogitRows = 8
    /// What weights, KV cache and scratch may take together, in bytes; nil: whatever the rest says.
    public var memoryBudgetBytes: Int?

    public init() {}

    public static let contextLengthDefaultMax = 4096
    public static let maxRowsMax = 1 << 16
    public static let sequenceCountMax = 1 << 16
    public static let kvBlockCountMax = Int(Int32.max)

    /// The context length for a model.
    public func contextLength(for configuration: ModelConfiguration) -> Int {
        contextLength ?? min(configuration.contextLength, Self.contextLengthDefaultMax)
    }

    /// Why a model may write worse than it can, in words: texts longer than those that it was trained with were asked for.
    public static func contextProblem(_ contextLength: Int?, for configuration: ModelConfiguration) -> String? {
        guard let contextLength, contextLength > configuration.contextLength else { return nil }
        return "texts of up to \(contextLength) tokens, but the model was trained with \(configuration.contextLength)"
    }

    func validate() throws(ModelError) {
        try Self.check("rows of a batch", maxRows, max: Self.maxRowsMax)
        try Self.check("sequences", sequenceCount, max: Self.sequenceCountMax)
        try Self.check("rows of logits", maxLogitRows, max: Self.maxRowsMax)
        if let contextLength {
            try Self.check("context length", contextLength, max: ModelConfiguration.contextLengthMax)
        }
        if let kvBlockCount { try Self.check("blocks of the KV cache", kvBlockCount, max: Self.kvBlockCountMax) }
    }

    private static func check(_ name: String, _ value: Int, max: Int) throws(ModelError) {
        guard (1...max).contains(value) else {
            throw ModelError(.badRequest, "\(name): expected 1…\(max), found \(value)")
        }
    }
}
