import TerseModel
import TerseTokenizer

/// One text at a time on one runner, synchronously: an engine with one request, on the caller's thread.
///
/// Keeps the keys and values of the last texts, so that a prompt which begins with one (the next turn of a chat) costs only
/// its new tokens. Belongs to one thread.
public final class DecodeLoop {
    private let core: EngineCore
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var requestCount: RequestID = 0

    /// A loop over sequences as long as the runner's context.
    /// - Parameter draft: guesses at the tokens of requests that allow it, in memory beside the runner's.
    /// - Throws: `EngineError`: `model` when there is no memory for its tokens, `badRequest` for a draft model of another
    ///   vocabulary.
    public init(runner: ModelRunner, tokenizer: Tokenizer, draft: DraftModel? = nil) throws(EngineError) {
        var options = EngineOptions()
        (options.limits.stepTokens, options.limits.runningMax, options.limits.waitingMax) = (runner.maxRows, 1, 1)
        (options.kvType, options.contextLength) = (runner.pool.layout.type, runner.plan.contextLength)
        let drafter = try draft.map { draft throws(EngineError) in
            try draft.check(against: runner.model, tokenizer)
            return try Drafter(
                draft, team: runner.team, options: options.draftOptions(for: runner.model),
                vocabularySize: runner.model.configuration.vocabularySize)
        }
        core = try EngineCore(runner: runner, tokenizer: tokenizer, limits: options.limits, drafter: drafter)
        start = clock.now
    }

    /// Generates what `request` asks for and hands out events as they happen, `finished` last.
    ///
    /// - Parameters:
    ///   - isCancelled: asked before every layer; when it says so, the generation ends as `cancelled`.
    ///   - emit: called on this thread.
    /// - Throws: `EngineError` for a bad request, a prompt longer than the context, or a model that fails.
    public func generate(
        _ request: GenerationRequest, isCancelled: () -> Bool = { false }, emit: (GenerationEvent) -> Void
    ) throws(EngineError) {
        requestCount += 1
        let id = requestCount
        try core.submit(request, id: id, arrival: now)
        var failure: EngineError?
        func take(_: RequestID, _ event: Result<GenerationEvent, EngineError>) {
            switch event {
            case .success(let event): emit(event)
            case .failure(let error): failure = error
            }
        }
        while !core.isIdle {
            if !core.step(clock: { now }, isCancelled: isCancelled, emit: take) {
                core.cancel(id, at: now, emit: take)
            }
        }
        if let failure { throw failure }
    }

    /// Forgets everything.
    public func reset() { core.dropCache() }

    private var now: Duration { start.duration(to: clock.now) }
}
