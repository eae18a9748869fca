import Foundation
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
}
