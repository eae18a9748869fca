import Foundation
import Testing

@testable import TerseOperations

@Suite struct CascadeTests {
    private func router(_ rule: Cascade.Rule, _ tradeOff: TradeOff = TradeOff(.efficient)) throws -> Router {
        try Router(RoutingSample.plan(tradeOff) { $0.policy.cascade = Cascade(rule, probeTokens: 8) })
    }

    private func escalates(_ router: inout Router, _ number: Int, _ meanLogLikelihood: Double) -> Bool {
        router.escalates(number, meanLogLikelihood: meanLogLikelihood)
    }

    @Test func theSmallOneBegins() throws {
        var router = try router(.share(0.3), TradeOff(.quality))
        let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        #expect(decision.variant == "small" && decision.reason == .cascade)
        #expect(decision.escalation == "large" && decision.probeTokens == 8)
        // Where the large one could not go on, nothing begins that it should end.
        var full = VariantSituation.idle
        full.waitingMax = 0
        let alone = router.decide(RoutingSample.request(), ResourceSituation([.idle, full]), at: .zero)
        #expect(alone.variant == "small" && alone.reason == .overload && alone.escalation == nil)
        #expect(!escalates(&router, alone.number, -100))
        let dark = router.decide(RoutingSample.request(), ResourceSituation([.idle, .idle], wattsFree: 0), at: .zero)
        #expect(
            dark.variant == "small" && dark.escalation == nil, "nothing is begun without power that may be thrown away")
        let other = router.decide(RoutingSample.request(), ResourceSituation([full, .idle]), at: .zero)
        #expect(other.variant == "large" && other.escalation == nil)
    }

    /// The threshold follows the log-likelihoods, so that the share stays what it is.
    @Test func shareIsKept() throws {
        var router = try router(.share(0.3))
        var noise = Noise(seed: 3)
        for shift in [0.0, -2] {
            var escalated = 0
            for step in 0..<1500 {
                let number = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero).number
                let goesOn = escalates(&router, number, -2 + shift + 0.5 * noise.normal())
                if step >= 500, goesOn { escalated += 1 }
            }
            #expect(abs(escalated - 300) < 60, "\(escalated) of 1000")
        }
        #expect(!escalates(&router, 0, -9), "a decision that is forgotten")
        #expect(!escalates(&router, 2999, .nan))
    }

    /// Where unsure answers lose much and sure ones nothing, only the unsure ones are worth the large variant.
    @Test func gainIsLearned() throws {
        var router = try router(.gain, TradeOff(quality: 1, time: 1.3))
        let features = RoutingSample.request()
        var noise = Noise(seed: 5)
        for _ in 0..<1000 {
            let probe = -2 + noise.normal()
            let loss = 0.1 - 0.1 * (probe + 2)
            _ = router.learn(.text(bitsPerByte: ["small": 1.4 + loss, "large": 1.4], probe: probe), of: features)
        }
        let decision = router.decide(features, RoutingSample.idle, at: .zero)
        #expect(decision.variant == "small" && decision.reason == .cascade)
        #expect(escalates(&router, decision.number, -4))
        #expect(!escalates(&router, decision.number, -1))
        // Where 0.78 of the small one's answer are still to come: 0.78 · 0.65 + loss / 0.1 is 1.95, what the large one
        // takes.
        let probes = stride(from: -4, through: 0, by: 0.01).map { $0 }
        let threshold = probes.last { router.escalates(decision.number, meanLogLikelihood: $0) } ?? 0
        #expect(abs(threshold + 2.443) < 0.15, "\(threshold)")
        // What is worth the large variant from the beginning is not begun by the small one.
        var sure = try self.router(.gain, TradeOff(.quality))
        let direct = sure.decide(features, RoutingSample.idle, at: .zero)
        #expect(direct.variant == "large" && direct.escalation == nil)
    }
}
