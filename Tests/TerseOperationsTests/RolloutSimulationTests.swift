import Foundation
import Testing

@testable import TerseOperations

/// Whole rollouts over many seeds. At most 38 wrong ends of 5,000 bound their rate under 1 % with 95 % confidence.
@Suite struct RolloutSimulationTests {
    /// What is wrong with a candidate.
    enum Fault: String, CaseIterable, Sendable {
        case none, slower, garbage, errors, notANumber
    }

    private static let seeds = 5000
    private static let wrongMax = 38

    /// A request of some length, whose time to the first token grows with it, on a machine that is not steady; one in a
    /// thousand fails anyway.
    private func outcome(_ noise: inout Noise, _ fault: Fault) -> RequestOutcome {
        let chance = noise.uniform()
        if chance < (fault == .errors ? 0.021 : 0.001) { return RequestOutcome(failed: true) }
        let slowness = fault == .slower ? 1.3 : 1
        let score = (fault == .garbage ? -4.5 : -2.5) + 0.35 * noise.normal()
        return RequestOutcome(
            timeToFirstToken: slowness * exp(0.6 * noise.normal()),
            timePerOutputToken: slowness * 0.05 * exp(0.25 * noise.normal()),
            quality: fault == .notANumber && chance > 0.99 ? .nan : score)
    }

    private func end(_ fault: Fault, seed: Int) throws -> (phase: Rollout.Phase, pairs: Int) {
        var rollout = try Rollout(RolloutPlan(), now: .zero)
        var noise = Noise(seed: UInt64(seed * Fault.allCases.count + (Fault.allCases.firstIndex(of: fault) ?? 0)))
        var second = 0
        while !rollout.phase.isEnd, rollout.pauseReason == nil {
            second += 1
            for _ in 0..<50 {
                rollout.observe(outcome(&noise, fault), of: .candidate)
                rollout.observe(outcome(&noise, .none), of: .control)
            }
            _ = rollout.evaluate(at: .seconds(second))
        }
        return (rollout.phase, rollout.pairs)
    }

    @Test(arguments: Fault.allCases)
    func endsAsItShould(fault: Fault) async throws {
        let ends = try await withThrowingTaskGroup { group in
            let parts = 8
            for part in 0..<parts {
                group.addTask { try stride(from: part, to: Self.seeds, by: parts).map { try end(fault, seed: $0) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let wrong = ends.count { ($0.phase == .promoted) != (fault == .none) }
        let pairs = ends.map(\.pairs).sorted()
        print(
            "\(fault.rawValue): \(wrong) of \(ends.count) wrong, median of \(pairs[pairs.count / 2]) pairs of requests")
        #expect(ends.count == Self.seeds && wrong <= Self.wrongMax)
    }
}
