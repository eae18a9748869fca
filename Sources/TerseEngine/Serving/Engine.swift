import Foundation
import TerseModel
import TerseTensor
import TerseTokenizer

/// Generates texts for many requests at once on a thread of its own; the bridge between async code and the model.
///
/// Requests share each step's pass over the weights, and the blocks of the KV cache that begin alike. What a request gets is
/// the same bit for bit whatever the others are. Memory is taken once; when the cache is full, requests wait.
public final class Engine: Sendable {
    public let model: Model
    public let tokenizer: Tokenizer
    /// What was reserved.
    public let plan: MemoryPlan
    /// What was reserved for the draft model beside, its weights included.
    public let draftPlan: MemoryPlan?
    /// The most tokens of a request that its options allow to guess at in a step.
    public let guessesMax: Int
    /// The most tokens of one request, its prompt and what it generates.
    public let positionsMax: Int
    public let limits: SchedulerLimits
    private let desk: EngineDesk
    private let epoch: ContinuousClock.Instant

    static let stackBytes = 8 << 20

    /// Reserves all memory that serving will need and starts the thread.
    /// - Parameter draft: guesses at the tokens of requests that allow it; it has its share of the memory budget.
    /// - Throws: `EngineError`: `model` when the memory budget cannot hold it, `badRequest` for an option out of range or a
    ///   draft model of another vocabulary.
    public init(
        model: Model, tokenizer: Tokenizer, draft: DraftModel? = nil, options: EngineOptions = EngineOptions()
    ) throws(EngineError) {
        let limits = options.limits
        try limits.validate()
        try draft?.check(against: model, tokenizer)
        let team = ThreadTeam(threads: options.teamThreads, placement: options.placement)
        let drafter = try draft.map { draft throws(EngineError) in
            try Drafter(
                draft, team: team, options: options.draftOptions(for: model),
                vocabularySize: model.configuration.vocabularySize)
        }
        let runner: ModelRunner
        do throws(ModelError) {
            runner = try ModelRunner(
                model, team: team,
                options: options.runnerOptions(
                    for: model, threads: team.threadCount, beside: drafter?.byteCount ?? 0))
        } catch {
            throw EngineError(error.code == .badRequest ? .badRequest : .model, error.message)
        }
        self.model = model
        plan = runner.plan
        draftPlan = drafter?.runner.plan
        guessesMax = options.guessesMax
        self.tokenizer = tokenizer
        let desk = EngineDesk(limits: limits)
        (self.limits, self.desk) = (limits, desk)
        let epoch = ContinuousClock.now
        self.epoch = epoch
        // Only the new thread touches the core and its runner from here on.
        nonisolated(unsafe) let core = try EngineCore(
            runner: runner, tokenizer: tokenizer, limits: limits, drafter: drafter)
        positionsMax = core.positionsMax
        let placement = options.placement
        let thread = Thread {
            placement?.apply(thread: 0)
            EngineThread(desk: desk, core: core, epoch: epoch).run()
        }
        thread.stackSize = Self.stackBytes
        thread.name = "terse-engine"
        thread.start()
    }

    /// What was submitted is done, and then the thread ends.
    deinit { desk.close() }

    /// Takes a request. Its events begin when it has been let in.
    ///
    /// - Throws: `EngineError`: `badRequest`, `promptTooLong`; `busy` when too many wait, with the time after which to try
    ///   again; `shutDown`. What is found out later ends its events.
    public func submit(_ request: GenerationRequest) throws(EngineError) -> Generation { try submit([request])[0] }

    /// Takes several requests of one owner that came together, all of them or none, as `submit` does.
    public func submit(_ requests: [GenerationRequest]) throws(EngineError) -> [Generation] {
        for request in requests {
            try request.validate(vocabularySize: model.configuration.vocabularySize)
            _ = try EngineCore.tokensMax(request, positionsMax: positionsMax)
        }
        let mailboxes = requests.map { _ in Mailbox() }
        try desk.add(Array(zip(requests, mailboxes)), at: epoch.duration(to: .now))
        return mailboxes.map { Generation($0) }
    }

    /// What the model makes of texts: of each the mean of its tokens' final hidden states, [hidden], of length 1.
    ///
    /// - Parameter requests: their prompts are the texts; nothing is generated.
    /// - Throws: `EngineError`, as for generations; `cancelled` when their time is over or the task was cancelled.
    public func embed(_ requests: [GenerationRequest]) async throws(EngineError) -> [[Float]] {
        let generations = try submit(
            requests.map { request in
                var request = request
                (request.embedsPrompt, request.maxTokens, request.generated) = (true, 0, [])
                return request
            })
        var embeddings: [[Float]] = []
        for (request, generation) in zip(requests, generations) {
            embeddings.append(try await Self.embedding(of: request, generation))
        }
        return embeddings
    }

    private static func embedding(
        of request: GenerationRequest, _ generation: Generation
    ) async throws(EngineError) -> [Float] {
        var events = generation.events.makeAsyncIterator()
        while let event = try await events.next(isolation: #isolation) {
            if case .embedding(let embedding) = event { return embedding }
        }
        throw EngineError(.cancelled, "an embedding of \(request.prompt.count) tokens was not finished in its time")
    }

    /// How probable the model finds the prompt's tokens from `scoresFrom` on.
    /// - Throws: `EngineError`, as for embeddings; `notFinite`.
    public func score(_ request: GenerationRequest) async throws(EngineError) -> TextScore {
        var request = request
        request.maxTokens = 0
        let generation = try submit(request)
        var events = generation.events.makeAsyncIterator()
        while let event = try await events.next(isolation: #isolation) {
            if case .score(let score) = event { return score }
        }
        throw EngineError(.cancelled, "a text of \(request.prompt.count) tokens was not scored in its time")
    }

    /// As of the last step.
    public var statistics: EngineStatistics { desk.statistics }

    /// Refuses requests from now on, and returns when those that were taken have ended.
    public func drain() async { await desk.drain() }

    /// Ends what is under way, what waits and what comes with the error `shutDown`.
    public func shutDown() { desk.shutDown() }
}
