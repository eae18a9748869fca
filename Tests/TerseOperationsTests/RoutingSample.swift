@testable import TerseOperations

/// Two variants of one model, and requests to them.
enum RoutingSample {
    /// Three times as fast as the large one, and a tenth of a bit per byte worse.
    static let small = profile("small", bitsPerByte: 1.5, speed: 3)
    static let large = profile("large", bitsPerByte: 1.4, speed: 1)

    static func profile(_ name: String, bitsPerByte: Double, speed: Double) -> VariantProfile {
        VariantProfile(
            name: name, bitsPerByte: bitsPerByte, promptTokensPerSecond: 1000 * speed,
            steps: [.init(streams: 1, seconds: 0.01 / speed), .init(streams: 4, seconds: 0.02 / speed)],
            joulesPerPromptToken: 0.01 / speed, joulesPerOutputToken: 0.1 / speed, energyBasis: .estimated,
            memoryBytes: 1 << 30, contextTokens: 4096)
    }

    static func plan(_ tradeOff: TradeOff, _ change: (inout RouterPlan) -> Void = { _ in }) -> RouterPlan {
        var plan = RouterPlan([small, large], RoutingPolicy(tradeOff))
        plan.policy.explorationShare = 0
        change(&plan)
        return plan
    }

    /// As long as requests usually are, for all that a new router knows, unless another length is given.
    static func request(
        promptTokens: Int = 256, outputTokensMax: Int? = 128, priority: Int = 0, tenant: String? = nil,
        objectives: ServiceObjectives = ServiceObjectives()
    ) -> RequestFeatures {
        RequestFeatures(
            texts: ["It was the best of times."], promptTokens: promptTokens, outputTokensMax: outputTokensMax,
            tenant: tenant, priority: priority, objectives: objectives)
    }

    static let idle = ResourceSituation([.idle, .idle])
    static let busy = VariantSituation(running: 4, waiting: 8, waitingTokens: 8000, freeKVTokens: 100, waitingMax: 8)
}
