import TerseEngine

/// An answer under way: the generations of its choices, and what they came to.
struct Answering: Sendable {
    let form: any AnswerForm
    private(set) var progress: [ChoiceProgress]
    private let generations: [Generation]
    private let prompts: [PromptReuse]
    /// Choices that were finished by a worker before, and are not told again.
    let finishedBefore: Usage

    /// Hands all choices to the engine.
    /// - Throws: `APIError`, which names the plan's member where the engine never has room; nothing is under way then.
    init(_ plan: AnswerPlanner.Plan, engine: Engine) throws(APIError) {
        (form, finishedBefore) = (plan.form, plan.finishedBefore)
        progress = plan.choices.map(\.progress)
        prompts = plan.choices.map { PromptReuse(isFirst: $0.isFirstOfPrompt, tokens: $0.request.prompt) }
        do throws(EngineError) { generations = try engine.submit(plan.choices.map(\.request)) } catch {
            throw APIError(error, of: plan.member)
        }
    }

    /// Ends all choices before the engine's next step.
    func cancel() {
        for generation in generations { generation.cancel() }
    }

    /// Waits for the choices, whichever has something to tell next, and hands over what it is.
    /// - Throws: `APIError`, or what `body` throws; the choices end then.
    mutating func run(figures: ModelFigures, _ body: (AnswerDelta) async throws -> Void) async throws {
        defer { cancel() }
        var lastTokens = [ContinuousClock.Instant?](repeating: nil, count: generations.count)
        try await withThrowingTaskGroup(of: (Int, Result<GenerationEvent?, EngineError>).self) { group in
            for index in generations.indices {
                group.addTask { [generations] in await Self.next(generations, index) }
            }
            while let (index, result) = try await group.next() {
                guard let event = try progress[index].event(of: result) else { continue }
                if case .tokens(let tokens) = event {
                    let now = ContinuousClock.now
                    if let last = lastTokens[index] { figures.observe(tokens.count, in: last.duration(to: now)) }
                    lastTokens[index] = now
                }
                let delta = progress[index].take(event)
                let hasEnded = progress[index].hasEnded
                if hasEnded { generations[index].cancel() }
                if case .finished(let summary) = event, summary.reason == .deadline, !hasEnded {
                    throw APIError.timedOut
                }
                if let delta { try await body(delta) }
                if case .finished = event { continue }
                group.addTask { [generations] in await Self.next(generations, index) }
            }
        }
    }

    private static func next(
        _ generations: [Generation], _ index: Int
    ) async -> (Int, Result<GenerationEvent?, EngineError>) {
        var events = generations[index].events.makeAsyncIterator()
        do throws(EngineError) {
            return (index, .success(try await events.next(isolation: nil)))
        } catch {
            return (index, .failure(error))
        }
    }

    /// Tokens of all choices; the prompt counts once for each text that was given.
    func usage(promptTokens: Int) -> Usage {
        var usage = finishedBefore
        usage.promptTokens = promptTokens
        var prompts = prompts
        for (index, choice) in progress.enumerated() {
            guard let outcome = choice.outcome else { continue }
            usage.completionTokens += outcome.tokenCount
            prompts[index].reusedTokens = outcome.summary.reusedTokens
        }
        usage.cachedTokens = PromptReuse.cachedTokens(prompts)
        return usage
    }

    /// What the first choice took, as the engine's clock has it; nil when nothing was generated.
    var times: AnswerTimes? {
        guard let summary = progress.first?.outcome?.summary, let first = summary.timeToFirstToken else { return nil }
        let more = summary.tokens.count - 1
        return AnswerTimes(firstToken: first, perToken: more > 0 ? summary.generationDuration / more : nil)
    }

    /// Whether every choice came to its own end.
    var isWhole: Bool { progress.allSatisfy { $0.outcome?.isWhole ?? false } }
}
