/// A request in the care of an engine.
struct ServedRequest {
    let request: GenerationRequest
    /// The most tokens that it can come to generate.
    let tokensMax: Int
    let arrival: Duration
    /// Nil until it is let in, so that what waits takes little memory.
    var run: GenerationRun?

    /// How it went, also when it never was let in.
    func summary(_ reason: GenerationSummary.Reason, at end: Duration) -> GenerationSummary {
        run?.summary(reason, at: end)
            ?? GenerationSummary(
                reason: reason, tokens: request.generated, promptTokens: request.prompt.count, reusedTokens: 0,
                seed: request.policy.seed ?? 0, queueDuration: end - arrival, promptDuration: .zero,
                timeToFirstToken: nil, generationDuration: .zero)
    }
}
