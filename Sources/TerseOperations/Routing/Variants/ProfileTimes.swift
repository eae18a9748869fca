/// What a profile says of a request's times in a situation, in seconds.
struct ProfileTimes: Sendable, Equatable {
    let timeToFirstToken: Double
    let timePerOutputToken: Double
    /// Sequences that generate, this one among them.
    let streams: Int

    init(_ profile: VariantProfile, promptTokens: Int, in situation: VariantSituation) {
        streams = situation.running + 1
        timeToFirstToken = (Double(situation.waitingTokens) + Double(promptTokens)) / profile.promptTokensPerSecond
        timePerOutputToken = profile.secondsPerOutputToken(streams: streams)
    }

    /// Of an idle host.
    init(_ profile: VariantProfile, promptTokens: Double) {
        streams = 1
        timeToFirstToken = promptTokens / profile.promptTokensPerSecond
        timePerOutputToken = profile.secondsPerOutputToken(streams: 1)
    }
}
