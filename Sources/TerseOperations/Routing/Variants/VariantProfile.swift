import Foundation

/// What a variant does on this host, as it was measured before anybody asked it anything.
public struct VariantProfile: Sendable, Equatable, Codable {
    /// How the joules were found.
    public enum EnergyBasis: String, Sendable, Codable {
        /// By the counters of the processor packages.
        case measured
        /// By a model of the host's power.
        case estimated
    }

    /// The time between two tokens of a sequence while several generate together.
    public struct Step: Sendable, Equatable, Codable {
        public var streams: Int
        public var seconds: Double

        public init(streams: Int, seconds: Double) { (self.streams, self.seconds) = (streams, seconds) }
    }

    public var name: String
    /// Of text that it was never trained on; less is better.
    public var bitsPerByte: Double
    public var promptTokensPerSecond: Double
    /// One or more, by growing streams.
    public var steps: [Step]
    public var joulesPerPromptToken: Double
    public var joulesPerOutputToken: Double
    public var energyBasis: EnergyBasis
    /// Of the host while it works, in whatever money the deployment counts by.
    public var costPerHour = 0.0
    /// Of energy, in the same money.
    public var costPerJoule = 0.0
    /// What the loaded variant takes, weights and scratch.
    public var memoryBytes: Int
    /// Of a prompt and its answer together.
    public var contextTokens: Int

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name
        case bitsPerByte = "bits_per_byte"
        case promptTokensPerSecond = "prompt_tokens_per_second"
        case steps
        case joulesPerPromptToken = "joules_per_prompt_token"
        case joulesPerOutputToken = "joules_per_output_token"
        case energyBasis = "energy_basis"
        case costPerHour = "cost_per_hour"
        case costPerJoule = "cost_per_joule"
        case memoryBytes = "memory_bytes"
        case contextTokens = "context_tokens"
    }

    /// Is checked where it is used.
    public init(
        name: String, bitsPerByte: Double, promptTokensPerSecond: Double, steps: [Step], joulesPerPromptToken: Double,
        joulesPerOutputToken: Double, energyBasis: EnergyBasis, memoryBytes: Int, contextTokens: Int
    ) {
        (self.name, self.bitsPerByte, self.promptTokensPerSecond) = (name, bitsPerByte, promptTokensPerSecond)
        (self.steps, self.energyBasis) = (steps, energyBasis)
        (self.joulesPerPromptToken, self.joulesPerOutputToken) = (joulesPerPromptToken, joulesPerOutputToken)
        (self.memoryBytes, self.contextTokens) = (memoryBytes, contextTokens)
    }

    /// The time between two tokens with so many sequences: on the line between the two measurements around, beyond the
    /// last on the line through the last two, which leaves room for what is not measured.
    public func secondsPerOutputToken(streams: Int) -> Double {
        guard let last = steps.last, steps.count > 1, streams > steps[0].streams else { return steps[0].seconds }
        let after = steps.firstIndex { $0.streams >= streams } ?? steps.count - 1
        let (low, high) = (steps[after - 1], steps[after])
        let slope = (high.seconds - low.seconds) / Double(high.streams - low.streams)
        let seconds = low.seconds + slope * Double(streams - low.streams)
        // More sequences are never taken to be faster than those that were measured.
        return streams > last.streams ? max(seconds, last.seconds) : seconds
    }

    /// - Throws: `RoutingError` naming the variant, the field, what is expected and what was found.
    public func check() throws(RoutingError) {
        guard !name.isEmpty else { throw RoutingError("name: expected one, found none") }
        try RoutingError.checkPositive("\(name): bitsPerByte", bitsPerByte)
        try RoutingError.checkPositive("\(name): promptTokensPerSecond", promptTokensPerSecond)
        let isGrowing = zip(steps, steps.dropFirst()).allSatisfy { $0.streams < $1.streams }
        guard let first = steps.first, isGrowing, first.streams >= 1 else {
            throw RoutingError("\(name): steps: expected one or more of growing streams, found \(steps.map(\.streams))")
        }
        for step in steps { try RoutingError.checkPositive("\(name): steps: seconds", step.seconds) }
        try RoutingError.check("\(name): joulesPerPromptToken", joulesPerPromptToken)
        try RoutingError.check("\(name): joulesPerOutputToken", joulesPerOutputToken)
        try RoutingError.check("\(name): costPerHour", costPerHour)
        try RoutingError.check("\(name): costPerJoule", costPerJoule)
        guard memoryBytes >= 0 else {
            throw RoutingError("\(name): memoryBytes: expected at least 0, found \(memoryBytes)")
        }
        guard contextTokens >= 1 else {
            throw RoutingError("\(name): contextTokens: expected at least 1, found \(contextTokens)")
        }
    }
}
