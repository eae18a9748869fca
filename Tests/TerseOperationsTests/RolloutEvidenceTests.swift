import Foundation
import Testing

@testable import TerseOperations

/// Figures beside those of the formulas, computed apart in Python.
@Suite struct RolloutEvidenceTests {
    @Test func wealthOfBets() {
        func errors(_ worse: Int, _ better: Int, _ equal: Int) -> PairedErrors {
            var errors = PairedErrors()
            for _ in 0..<worse { errors.add(candidateFailed: true, controlFailed: false) }
            for _ in 0..<better { errors.add(candidateFailed: false, controlFailed: true) }
            for index in 0..<equal { errors.add(candidateFailed: index % 2 == 0, controlFailed: index % 2 == 0) }
            return errors
        }
        #expect(abs(errors(7, 1, 300).logWealth(against: 0, betting: .above) - 1.703583363364893) < 1e-12)
        #expect(abs(errors(0, 0, 500).logWealth(against: 0.01, betting: .below) - 3.412565787788381) < 1e-12)
        #expect(abs(errors(3, 2, 200).logWealth(against: 0.05, betting: .below) - 3.467653447676474) < 1e-12)
        // Bounds are where the evidence reaches the risk.
        let bounds = errors(7, 1, 300).bounds(lowerRisk: 0.01, upperRisk: 0.02)
        #expect(abs(errors(7, 1, 300).logWealth(against: bounds.lower, betting: .above) + log(0.01)) < 1e-6)
        #expect(abs(errors(7, 1, 300).logWealth(against: bounds.upper, betting: .below) + log(0.02)) < 1e-6)
        #expect(bounds.lower < errors(7, 1, 300).difference && errors(7, 1, 300).difference < bounds.upper)
        let nothing = errors(0, 0, 0).bounds(lowerRisk: 0.01, upperRisk: 0.01)
        #expect(nothing.lower == -1 && nothing.upper == 1)
    }

    @Test func boundsOfMeans() {
        var means = PairedMeans()
        for index in 0..<49 { means.add(candidate: sin(Double(index)), control: cos(Double(index)) * 0.5 - 0.2) }
        #expect(means.bounds(lowerRisk: 0.1, upperRisk: 0.1) == (-.infinity, .infinity))
        for index in 49..<100 { means.add(candidate: sin(Double(index)), control: cos(Double(index)) * 0.5 - 0.2) }
        let bounds = means.bounds(lowerRisk: 0.001, upperRisk: 0.01)
        #expect(abs(means.difference - 0.2057649836770837) < 1e-12)
        #expect(abs(bounds.lower + 0.12167652877570154) < 1e-12 && abs(bounds.upper - 0.48152112620210696) < 1e-12)
    }

    /// The n-th of one group meets the n-th of the other, however they come.
    @Test func pairsAreMadeInOrder() throws {
        var together = RolloutEvidence(), apart = RolloutEvidence()
        let outcomes = (0..<200).map { (index: Int) -> RequestOutcome in
            let (seconds, score) = (1 + Double(index % 7), -Double(index % 5))
            return RequestOutcome(
                failed: index % 31 == 0, timeToFirstToken: seconds, timePerOutputToken: 0.1, quality: score)
        }
        for outcome in outcomes {
            together.add(outcome, isCandidate: true)
            together.add(RequestOutcome(timeToFirstToken: 2, timePerOutputToken: 0.1, quality: -2), isCandidate: false)
        }
        for outcome in outcomes { apart.add(outcome, isCandidate: true) }
        for _ in outcomes {
            apart.add(RequestOutcome(timeToFirstToken: 2, timePerOutputToken: 0.1, quality: -2), isCandidate: false)
        }
        for criterion in RolloutCriterion.standard {
            let judged = together.judge(criterion, rollbackRisk: 0.01, promotionRisk: 0.01)
            #expect(judged == apart.judge(criterion, rollbackRisk: 0.01, promotionRisk: 0.01))
            #expect(judged.pairs == (criterion.metric == .errorRate ? 200 : 193))
        }
        let restored = try JSONDecoder().decode(RolloutEvidence.self, from: try JSONEncoder().encode(apart))
        #expect(restored == apart)
    }

    @Test func nanAndInfinityAreFailures() {
        #expect(RequestOutcome(quality: .nan).failed && RequestOutcome(timePerOutputToken: .infinity).failed)
        let untimed = RequestOutcome(timeToFirstToken: 0, quality: -1)
        #expect(!untimed.failed && untimed.value(.timeToFirstToken) == nil && untimed.value(.quality) == 1)
    }

    @Test func sharesOfConversations() {
        var counts: [RolloutGroup: Int] = [:]
        let split = TrafficSplit(weight: 0.05)
        for index in 0..<100_000 {
            let conversation = "conversation \(index)"
            let group = split.group(of: conversation)
            counts[group, default: 0] += 1
            // Whoever has the candidate keeps it.
            if group == .candidate { #expect(TrafficSplit(weight: 0.25).group(of: conversation) == .candidate) }
        }
        #expect(abs((counts[.candidate] ?? 0) - 5000) < 400 && abs((counts[.control] ?? 0) - 5000) < 400)
        // As a program of another language places them: at 0.9577, 0.7103 and 0.4655.
        #expect(split.group(of: "") == .control && split.group(of: "conversation 1") == .stable)
        #expect(TrafficSplit(weight: 0.46).group(of: "ü") == .stable)
        #expect(TrafficSplit(weight: 0.47).group(of: "ü") == .candidate)
        #expect(
            TrafficSplit(weight: 1).group(of: "") == .candidate && TrafficSplit(weight: 0).group(of: "x") == .stable)
    }
}
