import TerseModel
import TerseTensor

/// What an engine may take and hold.
public struct EngineOptions: Sendable, Equatable {
    /// Nil: one for each physical core that the process may use.
    public var threads: Int?
    /// Nil: wherever the system likes.
    public var placement: ThreadPlacement?
    /// The longest text, prompt included; nil: the model's context, at most `RunnerOptions.contextLengthDefaultMax`.
    public var contextLength: Int?
    /// How keys and values are held.
    public var kvType = KVType.f16
    /// What weights, KV cache and scratch may take together, in bytes; nil: room for `contextsDefault` texts of full length.
    public var memoryBudgetBytes: Int?
    public var limits = SchedulerLimits()
    /// The most tokens of a request guessed at in a step, for those who put requests together.
    public var guessesMax = 7

    public init() {}

    /// Texts of full length that the KV cache holds where no budget is stated.
    public static let contextsDefault = 8
    /// Texts of full length that the KV cache of a draft model holds.
    public static let draftContexts = 4
    /// The most rows of logits computed together.
    public static let logitRowsMax = 32

    /// What an engine with these options would reserve for a model, but for a draft model beside.
    /// - Throws: `ModelError`, as an engine would.
    public func memoryPlan(for model: Model) throws(ModelError) -> MemoryPlan {
        let threads = teamThreads ?? ProcessorBudget.current.threads
        return try MemoryPlan(model, try runnerOptions(for: model, threads: threads), threads: threads)
    }

    /// Threads of the team, nil as for `threads`: on some processors alone no more than these.
    public var teamThreads: Int? {
        guard threads == nil, let placement else { return threads }
        return min(ProcessorBudget.current.threads, placement.processors.numbers.count)
    }

    /// What the runner is to be made with.
    /// - Parameter draftBytes: of the budget, what a draft model takes.
    /// - Throws: `ModelError`: `badRequest` for options out of range, `outOfMemory` when the budget cannot hold the model.
    func runnerOptions(
        for model: Model, threads: Int, beside draftBytes: Int = 0
    ) throws(ModelError) -> RunnerOptions {
        var options = RunnerOptions()
        options.maxRows = limits.stepTokens
        options.contextLength = contextLength
        options.sequenceCount = limits.runningMax
        options.kvType = kvType
        options.maxLogitRows = min(limits.runningMax, Self.logitRowsMax)
        let context = KVLayout.blocks(forTokens: options.contextLength(for: model.configuration))
        options.kvBlockCount = context * min(Self.contextsDefault, limits.runningMax)
        guard let memoryBudgetBytes else { return options }
        let own = EngineCore.byteCount(vocabularySize: model.configuration.vocabularySize)
        options.kvBlockCount = try MemoryPlan.kvBlockCount(
            within: max(memoryBudgetBytes - own - draftBytes, 0), model, options, threads: threads,
            accountBytes: BlockLedger.bytesPerBlock)
        return options
    }

    /// What the runner of a draft model is to be made with: it follows as many texts as can have guesses in one step.
    /// - Parameter model: the large one.
    func draftOptions(for model: Model) -> RunnerOptions {
        var options = RunnerOptions()
        options.maxRows = limits.stepTokens
        options.contextLength = contextLength
        let context = options.contextLength(for: model.configuration)
        options.contextLength = context
        options.sequenceCount = max(1, min(limits.runningMax, limits.draftStepTokens / 2))
        options.kvType = kvType
        options.maxLogitRows = options.sequenceCount
        options.kvBlockCount = KVLayout.blocks(forTokens: context) * min(Self.draftContexts, options.sequenceCount)
        options.memoryBudgetBytes = memoryBudgetBytes
        return options
    }
}
