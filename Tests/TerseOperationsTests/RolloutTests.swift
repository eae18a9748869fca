import Foundation
import Testing

@testable import TerseOperations

@Suite struct RolloutTests {
    private static let good = RequestOutcome(timeToFirstToken: 1, timePerOutputToken: 0.1, quality: -2)

    private func plan(_ change: (inout RolloutPlan) -> Void = { _ in }) throws -> RolloutPlan {
        var plan = try RolloutPlan()
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
        var rollout = try Rollout(try plan { $0.shadowPairs = 60 }, now: .zero)
        var actions: [RolloutAction] = []
        #expect(rollout.phase == .shadow && rollout.weight == 0)
        for second in 1...400 where rollout.phase != .promoted {
            observe(&rollout, 10)
            actions += rollout.evaluate(at: .seconds(second))
            // What is written down and read again goes on in the same way.
            rollout = try JSONDecoder().decode(Rollout.self, from: try JSONEncoder().encode(rollout))
        }
        #expect(actions == [0.01, 0.05, 0.25, 0.5].map { .split(weight: $0) } + [.promote])
        // 0.01 of errors takes as many pairs as show that there are fewer.
        #expect(rollout.weight == 1 && rollout.pairs > 500 && rollout.pairs < 1000, "\(rollout.pairs)")
        #expect(rollout.evaluate(at: .seconds(1000)).isEmpty && rollout.fail("late").isEmpty)
    }

    @Test func oneBreachIsEnough() throws {
        var rollout = try Rollout(try plan(), now: .zero)
        observe(&rollout, 40)
        #expect(rollout.evaluate(at: .seconds(1)).isEmpty)
        observe(&rollout, 15, candidate: RequestOutcome(failed: true))
        guard case .rollBack(let reason) = rollout.evaluate(at: .seconds(2)).first else {
            Issue.record("\(rollout)")
            return
        }
        #expect(
            reason.hasPrefix("error_rate: worse by 0.2727") && reason.hasSuffix("after 55 pairs of requests"),
            "\(reason)")
        #expect(rollout.weight == 0 && rollout.phase == .rolledBack(reason: reason))
        #expect(throws: RolloutError.self) { try rollout.promote() }
    }

    @Test func crashesNeedNoStatistics() throws {
        var rollout = try Rollout(try plan(), now: .zero)
        #expect(rollout.fail("it does not load") == [.rollBack(reason: "it does not load")])
    }

    /// Too little traffic asks for probes, then pauses; it never promotes.
    @Test func littleEvidencePauses() throws {
        var rollout = try Rollout(
            try plan {
                $0.patience = .seconds(10)
                $0.patienceMax = .seconds(25)
            }, now: .zero)
        observe(&rollout, 3)
        #expect(rollout.evaluate(at: .seconds(1)).isEmpty && rollout.evaluate(at: .seconds(10)).isEmpty)
        #expect(rollout.evaluate(at: .seconds(11)) == [.probe(pairs: 100)])
        #expect(rollout.evaluate(at: .seconds(12)).isEmpty)
        #expect(rollout.evaluate(at: .seconds(26)) == [.notifyPause(reason: "no pair of requests came in 25 s")])
        observe(&rollout, 1000)
        #expect(rollout.evaluate(at: .seconds(27)).isEmpty, "a pause ends when somebody says so")
        try rollout.resume(at: .seconds(28))
        #expect(rollout.evaluate(at: .seconds(29)) == [.split(weight: 0.05)])
    }

    /// A criterion that nobody measured is not met.
    @Test func whatIsNotMeasuredIsNotMet() throws {
        var rollout = try Rollout(try plan { $0.pairsMax = 3000 }, now: .zero)
        var last: [RolloutAction] = []
        for second in 1...300 where rollout.pauseReason == nil {
            for group in [RolloutGroup.candidate, .control] {
                for _ in 0..<20 {
                    rollout.observe(RequestOutcome(timeToFirstToken: 1, timePerOutputToken: 1), of: group)
                }
            }
            last = rollout.evaluate(at: .seconds(second))
        }
        #expect(last == [.notifyPause(reason: "3000 pairs of requests did not decide")])
        #expect(rollout.judgements.map(\.verdict) == [.met, .met, .met, .undecided])
    }

    @Test func peopleDecide() throws {
        var rollout = try Rollout(try plan(), now: .zero)
        try rollout.pause("lunch")
        observe(&rollout, 500)
        #expect(rollout.evaluate(at: .seconds(1)).isEmpty && rollout.pauseReason == "lunch" && rollout.weight == 0.01)
        try rollout.resume(at: .seconds(2))
        #expect(throws: RolloutError.self) { try rollout.resume(at: .seconds(2)) }
        var other = rollout
        #expect(try rollout.promote() == [.promote] && rollout.weight == 1)
        #expect(try other.abort("no") == [.rollBack(reason: "no")] && other.weight == 0)
        #expect(throws: RolloutError.self) { try other.pause("late") }
    }

    @Test func plansAreChecked() {
        for weights in [[], [0.5, 0.25], [0.6], [0, 0.1], [.nan]] as [[Double]] {
            #expect(throws: RolloutError.self, "\(weights)") { try RolloutPlan(weights: weights) }
        }
        let standard = RolloutCriterion.standard
        #expect(throws: RolloutError.self) { try RolloutPlan(criteria: [standard[0], standard[0]]) }
        #expect(throws: RolloutError.self) { try RolloutPlan(criteria: []) }
        for (tolerated, intolerable) in [(0.3, 0.2), (0.1, 0.1), (-0.1, 0.1), (0, .infinity), (0, 1.5)] {
            #expect(throws: RolloutError.self) {
                try RolloutCriterion(.errorRate, tolerated: tolerated, intolerable: intolerable)
            }
        }
        let changes: [(inout RolloutPlan) -> Void] = [
            { $0.pairsPerStep = 0 }, { $0.shadowPairs = -1 }, { $0.pairsMax = 400 }, { $0.falseRollbackRisk = 0 },
            { $0.falsePromotionRisk = 0.5 }, { $0.patience = .zero }, { $0.patience = .seconds(600) },
        ]
        for change in changes { #expect(throws: RolloutError.self) { try Rollout(try plan(change), now: .zero) } }
    }
}
