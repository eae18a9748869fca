import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseEngine
@testable import TerseModel

/// Cores over small models: what a request gets alone, and what among others.
struct TinyEngine {
    let model: Model
    let tokenizer: Tokenizer

    /// The trained model that the repository ships.
    static func stories() throws -> TinyEngine {
        let stories = try StoriesModel()
        return TinyEngine(model: stories.model, tokenizer: stories.tokenizer)
    }

    /// Random weights in two layers, 256 wide.
    static func random(_ architecture: Architecture, _ type: ElementType) throws -> TinyEngine {
        let file = try SyntheticModel.make(
            SyntheticDimensions(
                architecture: architecture, layers: 2, hidden: 256, feedForward: 512, heads: 4, kvHeads: 2,
                vocabulary: 512, context: 512, rotaryBase: 10_000),
            name: "tiny", type: type, seed: 3, team: ThreadTeam(threads: 2))
        let definition = try #require(try file.tokenizerDefinition())
        return TinyEngine(model: try Model(file), tokenizer: try Tokenizer(definition))
    }

    /// - Parameters:
    ///   - blocks: of the KV cache.
    ///   - draft: guesses at tokens, in as many blocks.
    ///   - change: what is different from the scheduler's own limits.
    func core(
        blocks: Int = 400, kvType: KVType = .f16, threads: Int = 2, draft: DraftModel? = nil, draftBlocks: Int? = nil,
        change: (inout SchedulerLimits) -> Void = { _ in }
    ) throws -> EngineCore {
        var limits = SchedulerLimits()
        limits.runningMax = 16
        change(&limits)
        var options = RunnerOptions()
        options.maxRows = limits.stepTokens
        options.sequenceCount = limits.runningMax
        options.kvBlockCount = blocks
        options.kvType = kvType
        options.maxLogitRows = 5
        let runner = try ModelRunner(model, threads: threads, options: options)
        let drafter = try draft.map { draft in
            var engine = EngineOptions()
            (engine.limits, engine.kvType) = (limits, kvType)
            var options = engine.draftOptions(for: model)
            options.kvBlockCount = draftBlocks ?? options.kvBlockCount
            return try Drafter(
                draft, team: runner.team, options: options, vocabularySize: model.configuration.vocabularySize)
        }
        return try EngineCore(runner: runner, tokenizer: tokenizer, limits: limits, drafter: drafter)
    }
}

/// What became of a request.
struct Outcome: Equatable {
    var text = ""
    var tokens: [GeneratedToken] = []
    var embedding: [Float] = []
    var score: TextScore?
    var summary: GenerationSummary?
    var error: EngineError?

    mutating func take(_ event: Result<GenerationEvent, EngineError>) {
        switch event {
        case .success(.prompt): break
        case .success(.embedding(let embedding)): self.embedding = embedding
        case .success(.score(let score)): self.score = score
        case .success(.tokens(let tokens)): self.tokens += tokens
        case .success(.text(let text)): self.text += text
        case .success(.finished(let summary)): self.summary = summary
        case .failure(let error): self.error = error
        }
    }

    /// What must be the same in whatever company, probabilities to the last bit.
    var isTheSame: [String] {
        [
            text, "\(tokens)", "\(embedding)", "\(score as Any)", "\(summary?.reason as Any)",
            "\(summary?.tokens ?? [])", "\(error as Any)",
        ]
    }
}

extension EngineCore {
    /// Steps until all is done.
    /// - Parameter before: called before each step.
    func run(before: (_ step: Int) throws -> Void = { _ in }) throws -> [RequestID: Outcome] {
        var outcomes: [RequestID: Outcome] = [:]
        var steps = 0
        try before(0)
        while !isIdle {
            step(clock: { .milliseconds(steps) }) { outcomes[$0, default: Outcome()].take($1) }
            steps += 1
            try before(steps)
            if let what = scheduler.inconsistency() { throw SchedulerSimulation.Violation(what: what) }
        }
        return outcomes
    }
}
