import Foundation
import Testing

@testable import TerseOperations

@Suite struct RouterTests {
    private func decide(
        _ tradeOff: TradeOff, _ features: RequestFeatures = RoutingSample.request(),
        in situation: ResourceSituation = RoutingSample.idle, _ change: (inout RouterPlan) -> Void = { _ in }
    ) throws -> RoutingDecision {
        var router = try Router(RoutingSample.plan(tradeOff, change))
        var situation = situation
        while situation.variants.count < router.plan.profiles.count { situation.variants.append(.idle) }
        return router.decide(features, situation, at: .seconds(3))
    }

    /// Times, joules and money by hand: 0.256 s for the prompt and 1.28 s for the answer of the large variant.
    @Test func predictionsAreThoseOfTheProfiles() throws {
        let decision = try decide(TradeOff(quality: 1, time: 0.5)) {
            $0.profiles[1].costPerHour = 36
            $0.profiles[1].costPerJoule = 0.5
        }
        #expect(decision.number == 0 && decision.time == 3 && decision.reason == .best)
        let large = decision.predictions[1]
        #expect(large.lossBitsPerByte == 0 && large.lossDeviation == 0 && large.obstacles.isEmpty)
        #expect(abs(large.timeToFirstToken - 0.256) < 1e-9 && abs(large.timePerOutputToken - 0.01) < 1e-9)
        #expect(abs(large.seconds - 1.536) < 1e-9 && abs(large.joules - 15.36) < 1e-9)
        #expect(abs(large.cost - (0.01536 + 7.68)) < 1e-9)
        let small = decision.predictions[0]
        #expect(abs(small.lossBitsPerByte - 0.1) < 1e-9 && small.lossDeviation > 0 && small.cost == 0)
        #expect(abs(small.seconds - 0.512) < 1e-9)
        // The variants differ by 1.024 s, and by 0.1 bits per byte: weights are in these units.
        #expect(abs(large.score - 0.5 * 1.5) < 1e-9 && abs(small.score - (1 + 0.5 * 0.5)) < 1e-9)
    }

    /// At weights of 1 and 1 a usual request is worth its time exactly; a shorter one more, a longer one less.
    @Test func tradeOffsChoose() throws {
        let usual = try decide(TradeOff(quality: 1, time: 1))
        #expect(abs(usual.predictions[0].score - usual.predictions[1].score) < 1e-9)
        let even = TradeOff(quality: 1, time: 1)
        #expect(try decide(even, RoutingSample.request(promptTokens: 20)).variant == "large")
        #expect(try decide(even, RoutingSample.request(promptTokens: 3000)).variant == "small")
        #expect(try decide(TradeOff(.quality)).variant == "large" && decide(TradeOff(.efficient)).variant == "small")
        #expect(try decide(TradeOff(quality: 1, time: 0.99)).variant == "large")
        #expect(try decide(TradeOff(quality: 1, time: 1.01)).variant == "small")
        #expect(try decide(TradeOff(quality: 1, energy: 1.01)).variant == "small")
        #expect(try decide(TradeOff(quality: 1, cost: 1.01)) { $0.profiles[1].costPerHour = 1 }.variant == "small")
        // Urgency makes time dearer.
        let hurry = TradeOff(quality: 1, time: 0.7)
        #expect(
            try decide(hurry).variant == "large"
                && decide(hurry, RoutingSample.request(priority: 10)).variant == "small")
        #expect(try decide(even, RoutingSample.request(priority: -10)).variant == "large")
        #expect(try decide(TradeOff(quality: 1, time: 4.1), RoutingSample.request(priority: -1000)).variant == "small")
    }

    @Test func tenantsHaveTheirPolicies() throws {
        let change = { (plan: inout RouterPlan) in plan.tenantPolicies["a"] = RoutingPolicy(.efficient) }
        let quality = TradeOff(.quality)
        #expect(try decide(quality, RoutingSample.request(tenant: "a"), change).variant == "small")
        #expect(try decide(quality, RoutingSample.request(tenant: "b"), change).variant == "large")
    }

    @Test func policiesChangeWhileItRuns() throws {
        var router = try Router(RoutingSample.plan(TradeOff(.quality)))
        #expect(router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero).variant == "large")
        try router.adopt(RoutingPolicy(.efficient), tenantPolicies: ["a": RoutingPolicy(.quality)])
        let next = router.decide(RoutingSample.request(promptTokens: 1000), RoutingSample.idle, at: .zero)
        #expect(next.variant == "small" && next.number == 1)
        let other = RoutingSample.request(promptTokens: 1000, tenant: "a")
        #expect(router.decide(other, RoutingSample.idle, at: .zero).variant == "large")
        let plan = router.plan
        #expect(throws: RoutingError.self) {
            try router.adopt(RoutingPolicy(TradeOff(quality: -1)), tenantPolicies: [:])
        }
        #expect(router.plan == plan)
    }

    @Test func limitsExclude() throws {
        func obstacles(_ change: (inout RoutingLimits) -> Void) throws -> [[Obstacle]] {
            try decide(TradeOff(.quality)) { change(&$0.policy.limits) }.predictions.map(\.obstacles)
        }
        #expect(try obstacles { $0.qualityLossMax = 0.05 } == [[.qualityLoss], []])
        #expect(try obstacles { $0.joulesMax = 10 } == [[], [.joules]])
        #expect(try obstacles { $0.objectives.timeToFirstToken = 0.2 } == [[], [.timeToFirstToken]])
        #expect(try obstacles { $0.objectives.timePerOutputToken = 0.005 } == [[], [.timePerOutputToken]])
        let costly = try decide(TradeOff(.quality)) {
            $0.profiles[1].costPerJoule = 1
            $0.policy.limits.costMax = 1
        }
        #expect(costly.predictions[1].obstacles == [.cost] && costly.variant == "small" && costly.reason == .best)
        let loss = try decide(TradeOff(.efficient)) { $0.policy.limits.qualityLossMax = 0.05 }
        #expect(loss.variant == "large" && loss.reason == .best)
        let long = RoutingSample.request(promptTokens: 4096)
        #expect(try decide(TradeOff(.quality), long).reason == .refused)
        #expect(try decide(TradeOff(.efficient), long) { $0.profiles[1].contextTokens = 8192 }.variant == "large")
    }

    /// Every way to be overloaded moves the traffic of the large variant to the small one; only where nobody takes a
    /// request it is refused.
    @Test func overloadMovesBeforeItRejects() throws {
        let loads: [(inout VariantSituation) -> Void] = [
            { ($0.waiting, $0.waitingMax) = (5, 5) }, { $0.freeKVTokens = 383 }, { $0.waitingTokens = 100_000 },
        ]
        let strict = RoutingSample.request(objectives: ServiceObjectives(timeToFirstToken: 1))
        for load in loads {
            var busy = VariantSituation.idle
            load(&busy)
            let decision = try decide(TradeOff(.quality), strict, in: ResourceSituation([.idle, busy]))
            #expect(decision.variant == "small" && decision.reason == .overload)
            // Even where its quality is less than allowed.
            let worse = try decide(TradeOff(.quality), strict, in: ResourceSituation([.idle, busy])) {
                $0.policy.limits.qualityLossMax = 0.01
            }
            #expect(worse.variant == "small" && worse.reason == .overload)
        }
        // Both are late: who is done first.
        let queue = VariantSituation(waiting: 9, waitingTokens: 100_000, freeKVTokens: .max, waitingMax: 10)
        let late = try decide(TradeOff(.quality), strict, in: ResourceSituation([queue, queue]))
        #expect(late.variant == "small" && late.reason == .bestEffort)
        let full = try decide(TradeOff(.quality), in: ResourceSituation([RoutingSample.busy, RoutingSample.busy]))
        #expect(full.variant == nil && full.reason == .refused && full.predictions[0].obstacles.contains(.queueFull))
        var gone = VariantSituation.idle
        gone.isReady = false
        let other = try decide(TradeOff(.efficient), in: ResourceSituation([gone, .idle]))
        #expect(other.variant == "large" && other.reason == .best)
    }

    /// A queue costs time before it is full.
    @Test func queuesWeigh() throws {
        var queue = VariantSituation.idle
        queue.waitingTokens = 2000
        #expect(try decide(TradeOff(.balanced), RoutingSample.request(promptTokens: 20)).variant == "large")
        let busy = ResourceSituation([.idle, queue])
        #expect(try decide(TradeOff(.balanced), RoutingSample.request(promptTokens: 20), in: busy).variant == "small")
        // Sequences that run slow each other down.
        queue = VariantSituation(running: 7, freeKVTokens: .max, waitingMax: 10)
        let slow = try decide(TradeOff(.quality), in: ResourceSituation([.idle, queue])).predictions[1]
        #expect(abs(slow.timePerOutputToken - (0.02 + 4 * 0.01 / 3)) < 1e-9)
    }

    @Test func withoutPowerEnergyDecides() throws {
        let light = try decide(TradeOff(.quality), in: ResourceSituation([.idle, .idle], wattsFree: 1))
        #expect(light.variant == "large" && light.reason == .best)
        let dark = try decide(TradeOff(.quality), in: ResourceSituation([.idle, .idle], wattsFree: 0))
        #expect(dark.variant == "small" && dark.reason == .power)
    }

    /// Of requests whose second-best is as good, for all that is known, no more than the share explore; of others none.
    @Test func explorationIsBounded() throws {
        var router = try Router(
            RoutingSample.plan(TradeOff(quality: 1, time: 0.95)) { $0.policy.explorationShare = 0.05 })
        var counts: [RoutingReason: Int] = [:]
        for _ in 0..<4000 {
            let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
            counts[decision.reason, default: 0] += 1
            #expect((decision.variant == "small") == (decision.reason == .exploration))
        }
        #expect(abs((counts[.exploration] ?? 0) - 200) < 60 && counts.count == 2, "\(counts)")
        var sure = try Router(RoutingSample.plan(TradeOff(quality: 1)) { $0.policy.explorationShare = 0.05 })
        for _ in 0..<500 {
            let evidence = QualityEvidence.text(bitsPerByte: ["small": 1.5, "large": 1.4])
            _ = sure.learn(evidence, of: RoutingSample.request())
        }
        for _ in 0..<1000 {
            #expect(sure.decide(RoutingSample.request(), RoutingSample.idle, at: .zero).reason == .best)
        }
    }

    @Test func variantsThatAreAsGoodGoByTime() throws {
        let twin = RoutingSample.profile("twin", bitsPerByte: 1.4, speed: 0.5)
        for time in [0, 0.1] {
            let decision = try decide(TradeOff(quality: 1, time: time)) { $0.profiles.append(twin) }
            #expect(decision.variant == "large" && decision.predictions.count == 3)
        }
    }
}
