import Foundation
import Testing

@testable import TerseOperations

@Suite struct RoutingDecisionTests {
    @Test func headersAreOneLineOfASCII() throws {
        var plan = RoutingSample.plan(TradeOff(.quality))
        plan.profiles[0].name = "größe\r\nx-evil: 1; " + String(repeating: "x", count: 1000)
        plan.policy.limits.joulesMax = 3
        plan.policy.limits.qualityLossMax = 0.01
        for number in 0..<20 { plan.profiles.append(RoutingSample.profile("\(number)", bitsPerByte: 2, speed: 0.1)) }
        var router = try Router(plan)
        let idle = ResourceSituation(plan.profiles.map { _ in .idle })
        let text = router.decide(RoutingSample.request(), idle, at: .zero).headerText()
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.utf8.count < 1000)
        #expect(text.hasPrefix("large; best_effort; large loss=0.000+-0.000 ttft=256.0ms time=1536.0ms energy=15.4J"))
        #expect(text.contains(" not=joules; gr??e??x-evil: 1? xxxx"), "\(text)")
        #expect(text.split(separator: ";").count == 2 + RoutingDecision.headerVariantsMax)
        #expect(text.contains(" not=quality_loss,joules; 0 loss="), "\(text)")
    }

    /// Who answers in the end is told where it is another than the one that was chosen.
    @Test func headersSayWhoAnswers() throws {
        var router = try Router(RoutingSample.plan(TradeOff(quality: 1)))
        let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        #expect(decision.headerText(answeredBy: "small").hasPrefix("large; best; answered by small; large loss="))
        #expect(decision.headerText(answeredBy: "large") == decision.headerText())
        #expect(decision.headerText(answeredBy: "a;\r\nb").hasPrefix("large; best; answered by a???b; large"))
    }

    @Test func jsonHasTheUsualNames() throws {
        var router = try Router(RoutingSample.plan(TradeOff(.quality)) { $0.policy.cascade = Cascade(.share(0.5)) })
        _ = router.decide(RoutingSample.request(), RoutingSample.idle, at: .milliseconds(1500))
        let record = try #require(router.recentDecisions(1).first)
        let data = try JSONEncoder().encode(record)
        #expect(try JSONDecoder().decode(RoutingRecord.self, from: data) == record)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        let decision = try #require(object["decision"])
        #expect(
            Set(decision.keys) == ["number", "time", "variant", "reason", "escalation", "probe_tokens", "predictions"])
        #expect(decision["time"] as? Double == 1.5 && decision["reason"] as? String == "cascade")
        let prediction = try #require((decision["predictions"] as? [[String: Any]])?.first)
        #expect(prediction["loss_bits_per_byte"] != nil && prediction["time_to_first_token"] != nil)
        #expect(object["features"]?["prompt_tokens"] as? Int == 256)
    }

    /// The ring keeps the last ones, each found by its number.
    @Test func recentDecisionsAreBounded() throws {
        var router = try Router(RoutingSample.plan(TradeOff(.quality)))
        #expect(router.recentDecisions(5).isEmpty)
        for _ in 0..<3 { _ = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero) }
        #expect(router.recentDecisions(5).map(\.decision.number) == [2, 1, 0])
        for _ in 0..<RecentDecisions.capacity {
            _ = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        }
        let numbers = router.recentDecisions(.max).map(\.decision.number)
        #expect(numbers == Array((3..<RecentDecisions.capacity + 3).reversed()))
        #expect(router.recent[2] == nil && router.recent[3]?.decision.number == 3 && router.recent[-1] == nil)
        #expect(router.recent[RecentDecisions.capacity + 3] == nil && router.recentDecisions(-1).isEmpty)
    }

    @Test func plansAreChecked() throws {
        let changes: [(inout RouterPlan) -> Void] = [
            { $0.profiles = [] }, { $0.profiles[1].name = "small" }, { $0.profiles[0].name = "" },
            { $0.profiles[0].bitsPerByte = 0 }, { $0.profiles[0].promptTokensPerSecond = .infinity },
            { $0.profiles[0].steps = [] }, { $0.profiles[0].steps.reverse() }, { $0.profiles[0].steps[0].streams = 0 },
            { $0.profiles[0].steps[0].seconds = -1 }, { $0.profiles[0].joulesPerPromptToken = -1 },
            { $0.profiles[0].joulesPerOutputToken = .nan }, { $0.profiles[0].costPerHour = -1 },
            { $0.profiles[0].costPerJoule = -1 }, { $0.profiles[0].memoryBytes = -1 },
            { $0.profiles[0].contextTokens = 0 }, { $0.policy.tradeOff = TradeOff(quality: 0) },
            { $0.policy.tradeOff.quality = -1 }, { $0.policy.tradeOff.time = .nan }, { $0.policy.tradeOff.energy = -1 },
            { $0.policy.tradeOff.cost = .infinity }, { $0.policy.limits.qualityLossMax = -0.1 },
            { $0.policy.limits.joulesMax = 0 }, { $0.policy.limits.costMax = .nan },
            { $0.policy.limits.objectives.timeToFirstToken = 0 },
            { $0.policy.limits.objectives.timePerOutputToken = -1 },
            { $0.policy.cascade = Cascade(.share(0)) }, { $0.policy.cascade = Cascade(.share(1)) },
            { $0.policy.cascade = Cascade(.gain, probeTokens: 0) }, { $0.policy.explorationShare = 0.2 },
            { $0.policy.explorationShare = -0.1 }, { $0.tenantPolicies["a"] = RoutingPolicy(TradeOff(quality: -1)) },
            { $0.observationsBetweenFalseAlarms = 10 }, { $0.observationsBetweenFalseAlarms = .infinity },
        ]
        for (index, change) in changes.enumerated() {
            let error = #expect(throws: RoutingError.self, "change \(index)") {
                try Router(RoutingSample.plan(TradeOff(.quality), change))
            }
            #expect(error?.description.contains("expected") == true && error?.description.contains("found") == true)
        }
        let plan = RoutingSample.plan(TradeOff(.balanced)) { $0.tenantPolicies["a"] = RoutingPolicy(.quality) }
        #expect(try JSONDecoder().decode(RouterPlan.self, from: JSONEncoder().encode(plan)) == plan)
    }
}
