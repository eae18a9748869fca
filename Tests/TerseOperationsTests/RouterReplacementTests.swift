import Testing

@testable import TerseOperations

/// Another variant in the place of one.
@Suite struct RouterReplacementTests {
    /// What a variant loses beside the best, and its time by a factor of two, by much evidence.
    private static func taught() throws -> Router {
        var router = try Router(RoutingSample.plan(TradeOff(.quality)))
        for _ in 0..<60 {
            let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
            for name in ["small", "large"] {
                _ = router.observe(outcome(decision.number, name))
                _ = router.learn(.rating(variant: name, -1), of: RoutingSample.request())
            }
        }
        return router
    }

    private static func outcome(_ number: Int, _ name: String) -> RoutedOutcome {
        RoutedOutcome(
            number: number, variant: name, outputTokens: 9, timePerOutputToken: name == "small" ? 0.02 / 3 : 0.02)
    }

    /// To the nearest: evidence never is all that counts.
    private static func factors(_ router: Router) -> [Int] {
        router.corrections.map { Int($0.timePerOutputTokenFactor.rounded()) }
    }

    private static func observations(_ router: Router) -> [Int] { router.corrections.map(\.qualityObservations) }

    @Test func whatWasLearnedOfTheOneBeforeIsForgotten() throws {
        var router = try Self.taught()
        #expect(Self.factors(router) == [2, 2] && Self.observations(router) == [60, 0])
        try router.replace(RoutingSample.profile("small", bitsPerByte: 1.6, speed: 5))
        #expect(Self.factors(router) == [1, 2] && Self.observations(router) == [0, 0])
        let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        #expect(decision.number == 60 && abs(decision.predictions[0].lossBitsPerByte - 0.2) < 1e-9)
        #expect(router.recentDecisions(100).count == 61)
    }

    /// Losses are measured from the best one, times are not.
    @Test func lossesAreThoseBesideTheNewBest() throws {
        var router = try Self.taught()
        try router.replace(RoutingSample.profile("large", bitsPerByte: 1.3, speed: 1))
        #expect(Self.factors(router) == [2, 1] && Self.observations(router) == [0, 0])
        // The other one is the best from now on.
        router = try Self.taught()
        try router.replace(RoutingSample.profile("large", bitsPerByte: 1.7, speed: 1))
        #expect(router.bestVariant == "small" && Self.factors(router) == [2, 1])
        let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        #expect(decision.variant == "small" && abs(decision.predictions[1].lossBitsPerByte - 0.2) < 1e-9)
    }

    /// What was asked of the one before says nothing of the new one.
    @Test func lateOutcomesAreNotLearned() throws {
        var router = try Self.taught()
        let before = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        try router.replace(RoutingSample.profile("small", bitsPerByte: 1.6, speed: 5))
        for _ in 0..<60 {
            _ = router.observe(Self.outcome(before.number, "small"))
            _ = router.observe(Self.outcome(before.number, "large"))
        }
        #expect(Self.factors(router) == [1, 2])
        let after = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        for _ in 0..<60 { _ = router.observe(Self.outcome(after.number, "small")) }
        #expect(Self.factors(router)[0] == 3)
    }

    /// The first tokens were those of a variant that is gone.
    @Test func cascadesUnderWayEnd() throws {
        var router = try Router(
            RoutingSample.plan(TradeOff(.quality)) {
                $0.policy.cascade = Cascade(.share(0.5), probeTokens: 8)
            })
        for _ in 0..<100 {
            let number = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero).number
            _ = router.escalates(number, meanLogLikelihood: -1 - Double(number % 10))
        }
        let before = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        #expect(before.reason == .cascade)
        var same = router
        let escalates = same.escalates(before.number, meanLogLikelihood: -100)
        try router.replace(RoutingSample.profile("small", bitsPerByte: 1.6, speed: 5))
        let escalatesStill = router.escalates(before.number, meanLogLikelihood: -100)
        #expect(escalates && !escalatesStill)
    }

    @Test func wrongProfilesChangeNothing() throws {
        var router = try Self.taught()
        let knowledge = router.knowledge
        #expect(throws: RoutingError.self) {
            try router.replace(RoutingSample.profile("other", bitsPerByte: 1, speed: 1))
        }
        #expect(throws: RoutingError.self) {
            try router.replace(RoutingSample.profile("small", bitsPerByte: .nan, speed: 1))
        }
        #expect(router.knowledge == knowledge && router.plan.profiles[0] == RoutingSample.small)
    }
}
