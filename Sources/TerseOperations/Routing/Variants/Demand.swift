/// What a request takes of a variant.
struct Demand: Sendable, Equatable {
    let seconds: Double
    let joules: Double
    let cost: Double

    /// - Parameters:
    ///   - energyFactor: what the profile's joules are multiplied by.
    init(
        _ profile: VariantProfile, promptTokens: Double, outputTokens: Double, timeToFirstToken: Double,
        timePerOutputToken: Double, streams: Int, energyFactor: Double
    ) {
        seconds = timeToFirstToken + outputTokens * timePerOutputToken
        joules =
            energyFactor
            * (promptTokens * profile.joulesPerPromptToken + outputTokens * profile.joulesPerOutputToken)
        // Sequences that generate together share the host; time in the queue is others'.
        let busySeconds =
            promptTokens / profile.promptTokensPerSecond + outputTokens * timePerOutputToken / Double(streams)
        cost = busySeconds / 3600 * profile.costPerHour + joules * profile.costPerJoule
    }

    /// Of a request of usual length on an idle host.
    init(_ profile: VariantProfile, scale: RequestScale) {
        let times = ProfileTimes(profile, promptTokens: scale.promptTokens)
        self.init(
            profile, promptTokens: scale.promptTokens, outputTokens: scale.outputTokens,
            timeToFirstToken: times.timeToFirstToken, timePerOutputToken: times.timePerOutputToken, streams: 1,
            energyFactor: 1)
    }
}
