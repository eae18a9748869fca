import Foundation
import TerseConfiguration
import Testing

@testable import TerseOperations

@Suite struct RolloutTests {
    private static let good = RequestOutcome(timeToFirstToken: 1, timePerOutputToken: 0.1, quality: -2)

    private func plan(_ change: (inout RolloutPlan) -> Void = { _ in }) -> RolloutPlan {
        var plan = RolloutPlan()
        change(&plan)
        return plan
    }

    private func observe(_ rollout: inout Rollout, _ pairs: Int, candidate: RequestOutcome = good) {
        for _ in 0..<pairs {
            rollout.observe(candidate, of: .candidate)
            rollout.observe(Self.good, of: .control)
            rollout.observe(Self.good, of: .stable)
        }
    }

    @Test func goesStepByStep() throws {
        var rollout = try Rollout(plan { $0.shadowPairs = 60 }, now: .zero)
        var actions: [RolloutAction] = []
        #expect(rollout.phase == .shadow && rollout.weight == 0)
        for second in 1...400 where rollout.phase != .promoted {
            observe(&rollout, 10)
            if let action = rollout.evaluate(at: .seconds(second)) { actions.append(action) }
            // What is written down and read again goes on in the same way.
            rollout = try Rollout(json: rollout.json)
        }
        #expect(actions == [0.01, 0.05, 0.25, 0.5].map { .split(weight: $0) } + [.promote])
        // 0.01 of errors takes as many pairs as show that there are fewer.
        #expect(rollout.weight == 1 && rollout.pairs > 500 && rollout.pairs < 1000, "\(rollout.pairs)")
        #expect(rollout.evaluate(at: .seconds(1000)) == nil && rollout.fail("late") == nil)
    }

    @Test func oneBreachIsEnough() throws {
        var rollout = try Rollout(plan(), now: .zero)
        observe(&rollout, 40)
        #expect(rollout.evaluate(at: .seconds(1)) == nil)
        observe(&rollout, 15, candidate: RequestOutcome(failed: true))
        guard case .rollBack(let reason) = rollout.evaluate(at: .seconds(2)) else {
            Issue.record("\(rollout)")
            return
        }
        #expect(
            reason.hasPrefix("error_rate: worse by 0.2727") && reason.hasSuffix("after 55 pairs of requests"),
            "\(reason)")
        #expect(rollout.weight == 0 && rollout.phase == .rolledBack(reason: reason))
        #expect(throws: RolloutError.self) { try rollout.promote() }
    }

    /// The time in which nobody carried it out was no time without traffic.
    @Test func anotherProcessMayGoOn() throws {
        var rollout = try Rollout(plan(), now: .seconds(1_000_000))
        observe(&rollout, 60)
        _ = rollout.evaluate(at: .seconds(1_000_001))
        rollout = try Rollout(json: rollout.json)
        rollout.restart(at: .seconds(5))
        #expect(rollout.evaluate(at: .seconds(64)) == nil && rollout.pairs == 60)
        #expect(rollout.evaluate(at: .seconds(65)) == .probe(pairs: 100))
        #expect(throws: RolloutError.self) { try Rollout(json: "{}") }
        #expect(try RolloutPlan(json: rollout.plan.json) == rollout.plan)
        #expect(throws: RolloutError.self) {
            try RolloutPlan(json: plan { $0.weights = [0.7] }.json)
        }
    }

    @Test func crashesNeedNoStatistics() throws {
        var rollout = try Rollout(plan(), now: .zero)
        #expect(rollout.fail("it does not load") == .rollBack(reason: "it does not load"))
    }

    /// Too little traffic asks for probes, then pauses; it never promotes.
    @Test func littleEvidencePauses() throws {
        var rollout = try Rollout(
            plan {
                $0.patience = .seconds(10)
                $0.patienceMax = .seconds(25)
            }, now: .zero)
        observe(&rollout, 3)
        #expect(rollout.evaluate(at: .seconds(1)) == nil && rollout.evaluate(at: .seconds(10)) == nil)
        #expect(rollout.evaluate(at: .seconds(11)) == .probe(pairs: 100))
        #expect(rollout.evaluate(at: .seconds(12)) == nil)
        #expect(rollout.evaluate(at: .seconds(26)) == .pause(reason: "no pair of requests came in 25 s"))
        observe(&rollout, 1000)
        #expect(rollout.evaluate(at: .seconds(27)) == nil, "a pause ends when somebody says so")
        try rollout.resume(at: .seconds(28))
        #expect(rollout.evaluate(at: .seconds(29)) == .split(weight: 0.05))
    }

    /// A criterion that nobody measured is not met.
    @Test func whatIsNotMeasuredIsNotMet() throws {
        var rollout = try Rollout(plan { $0.pairsMax = 3000 }, now: .zero)
        var last: RolloutAction?
        for second in 1...300 where rollout.pauseReason == nil {
            for group in [RolloutGroup.candidate, .control] {
                for _ in 0..<20 {
                    rollout.observe(RequestOutcome(timeToFirstToken: 1, timePerOutputToken: 1), of: group)
                }
            }
            last = rollout.evaluate(at: .seconds(second))
        }
        #expect(throws: RolloutError.self) { try rollout.resume(at: .seconds(301)) }
        #expect(last == .pause(reason: "3000 pairs of requests did not decide"))
        #expect(rollout.judgements.map(\.verdict) == [.met, .met, .met, .undecided])
    }

    @Test func peopleDecide() throws {
        var rollout = try Rollout(plan(), now: .zero)
        try rollout.pause(by: "lunch")
        observe(&rollout, 500)
        #expect(rollout.evaluate(at: .seconds(1)) == nil && rollout.pauseReason == "lunch" && rollout.weight == 0.01)
        var breached = rollout
        observe(&breached, 20, candidate: RequestOutcome(failed: true))
        guard case .rollBack = breached.evaluate(at: .seconds(2)) else {
            Issue.record("a pause holds a breach back: \(breached)")
            return
        }
        try rollout.resume(at: .seconds(2))
        #expect(throws: RolloutError.self) { try rollout.resume(at: .seconds(2)) }
        var other = rollout
        #expect(try rollout.promote() == .promote && rollout.weight == 1)
        #expect(try other.abort("no") == .rollBack(reason: "no") && other.weight == 0)
        #expect(throws: RolloutError.self) { try other.pause(by: "late") }
    }

    @Test func plansAreChecked() {
        func criterion(_ tolerated: Double, _ intolerable: Double) -> [RolloutCriterion] {
            [RolloutCriterion(.errorRate, tolerated: tolerated, intolerable: intolerable)]
        }
        let changes: [(inout RolloutPlan) -> Void] = [
            { $0.weights = [] }, { $0.weights = [0.5, 0.25] }, { $0.weights = [0.6] }, { $0.weights = [0, 0.1] },
            { $0.weights = [.nan] }, { $0.criteria = [] }, { $0.criteria += [$0.criteria[0]] },
            { $0.criteria = criterion(0.3, 0.2) }, { $0.criteria = criterion(0.1, 0.1) },
            { $0.criteria = criterion(-0.1, 0.1) }, { $0.criteria = criterion(0, .infinity) },
            { $0.criteria = criterion(0, 1.5) }, { $0.criteria = criterion(.nan, 1) }, { $0.pairsPerStep = .max },
            { $0.pairsPerStep = 0 }, { $0.shadowPairs = -1 }, { $0.pairsMax = 400 }, { $0.falseRollbackRisk = 0 },
            { $0.falsePromotionRisk = 0.5 }, { $0.patience = .zero }, { $0.patience = .seconds(600) },
        ]
        #expect(throws: DecodingError.self) {
            var json = try JSONEncoder().encode(Rollout(RolloutPlan(), now: .zero))
            json.replace(Data("[0.01,0.05,0.25,0.5]".utf8), with: Data("[]".utf8))
            return try JSONDecoder().decode(Rollout.self, from: json)
        }
        for change in changes { #expect(throws: RolloutError.self) { try Rollout(plan(change), now: .zero) } }
    }

    /// In the words and the units of the plan's file.
    @Test func whatIsWrongIsNamedWithItsLine() {
        let growing = "expected growing percentages above 0 and up to 50"
        let pairs = "expected pairs_max > shadow_pairs + 4 × pairs_per_step"
        let cases: [(text: String, message: String)] = [
            ("weights: [60]\n", "p.yaml:1: weights: \(growing), found 60"),
            ("shadow_pairs: 1\nweights: [7, 29, 5]\n", "p.yaml:2: weights: \(growing), found 7, 29, 5"),
            ("weights: [100]\n", "p.yaml:1: weights: \(growing), found none"),
            ("weights: [a]\n", "p.yaml:1: weights: expected numbers in percent, found \"a\""),
            ("pairs_per_step: 0\n", "p.yaml:1: pairs_per_step: expected at least 1, found 0"),
            ("pairs_max: 1\n", "p.yaml:1: pairs_max: \(pairs), found 1, 0 and 100"),
            ("patience: 9\npairs_per_step: 50000\n", "p.yaml:2: pairs_per_step: \(pairs), found 100000, 0 and 50000"),
            (
                "false_promotion_risk: 0.5\n",
                "p.yaml:1: false_promotion_risk: expected a probability above 0 and below 0.5, found 0.5"
            ),
            ("patience: 0\n", "p.yaml:1: patience: expected more than 0 seconds, found 0"),
            ("patience: 700\n", "p.yaml:1: patience: expected patience < patience_max, found 700 and 600 seconds"),
            (
                "weights: 5\npatience_max: 1.5\n",
                "p.yaml:2: patience_max: expected patience < patience_max, found 60 and 1.5 seconds"
            ),
            (
                "criteria:\n  quality: {tolerated: 1, intolerable: 0.5}\n",
                "p.yaml:2: criteria.quality: expected 0 ≤ tolerated < intolerable, found 1 and 0.5"
            ),
            (
                "criteria: {error_rate: {tolerated: 0, intolerable: 2}}\n",
                "p.yaml:1: criteria.error_rate: expected an intolerable share of at most 1, found 2"
            ),
            (
                "patience: 9\ncriteria:\n  error_rate: {tolerated: 0, intolerable: 1}\n"
                    + "  quality: {tolerated: 1, intolerable: 1}\n",
                "p.yaml:4: criteria.quality: expected 0 ≤ tolerated < intolerable, found 1 and 1"
            ),
            ("criteria: {}\n", "p.yaml:1: criteria: expected one or more metrics, each once, found none"),
        ]
        for (text, message) in cases {
            let error = #expect(throws: ConfigurationError.self, "\(text)") {
                try RolloutPlan(ConfigurationFile.parse(text, source: "p.yaml"))
            }
            #expect(error?.message == message)
        }
    }

    /// Rollouts that earlier versions began go on.
    @Test func plansAreReadAsTheyWereStored() throws {
        let stored = """
            {"criteria":[{"intolerable":0.01,"metric":"error_rate","tolerated":0},\
            {"intolerable":0.25,"metric":"time_to_first_token","tolerated":0.05},\
            {"intolerable":0.25,"metric":"time_per_output_token","tolerated":0.05},\
            {"intolerable":1,"metric":"quality","tolerated":0.3}],\
            "falsePromotionRisk":0.004,"falseRollbackRisk":0.004,"pairsMax":100000,"pairsPerStep":100,\
            "patience":[3,4659767778871345152],"patienceMax":[32,9704189641294348288],"shadowPairs":0,\
            "weights":[0.01,0.05,0.25,0.5]}
            """
        #expect(try RolloutPlan(json: stored) == RolloutPlan())
    }
}
