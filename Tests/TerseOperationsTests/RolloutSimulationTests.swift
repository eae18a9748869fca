import Foundation
import Testing

@testable import TerseOperations

/// Whole rollouts over many seeds. At most 38 wrong ends of 5,000 bound their rate under 1 % with 95 % confidence.
@Suite struct RolloutSimulationTests {
    enum Fault: String, CaseIterable, Sendable {
        case none, slower, garbage, errors, notANumber

        /// By how much the candidate's times grow, its answers' scores fall, and how often it fails.
        var effect: (time: Double, score: Double, failures: Double) {
            switch self {
            case .none: (1, 0, 0)
            case .slower: (1.3, 0, 0)
            case .garbage: (1, 2, 0)
            case .errors: (1, 0, 0.02)
            case .notANumber: (1, 0, 0.01)
            }
        }
    }

    private static let seeds = 5000
    private static let wrongMax = 38

    /// A stream of numbers (SplitMix64), and normal ones from it in pairs (Marsaglia's polar method).
    private struct Noise {
        var state: UInt64
        private var spare: Double?

        init(_ seed: UInt64) { state = seed &* 0xd134_2543_de82_ef95 }

        mutating func uniform() -> Double {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
            return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
        }

        mutating func normal() -> Double {
            if let spare {
                self.spare = nil
                return spare
            }
            while true {
                let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
                let square = x * x + y * y
                guard square > 0, square < 1 else { continue }
                let factor = (-2 * log(square) / square).squareRoot()
                spare = y * factor
                return x * factor
            }
        }
    }

    /// A request of some length, whose time to the first token grows with it, on a machine that is not steady; one in a thousand
    /// fails anyway.
    private func outcome(_ noise: inout Noise, _ effect: (time: Double, score: Double, failures: Double))
        -> RequestOutcome
    {
        if noise.uniform() < 0.001 + effect.failures { return RequestOutcome(failed: true) }
        return RequestOutcome(
            timeToFirstToken: effect.time * exp(0.6 * noise.normal()),
            timePerOutputToken: effect.time * 0.05 * exp(0.25 * noise.normal()),
            quality: -2.5 - effect.score + 0.35 * noise.normal())
    }

    private func end(_ fault: Fault, seed: Int) throws -> (phase: Rollout.Phase, pairs: Int) {
        var rollout = try Rollout(try RolloutPlan(), now: .zero)
        var noise = Noise(UInt64(seed) &* 5 &+ UInt64(Fault.allCases.firstIndex(of: fault) ?? 0))
        var second = 0
        while !rollout.phase.isEnd, rollout.pauseReason == nil {
            second += 1
            for _ in 0..<50 {
                rollout.observe(outcome(&noise, fault.effect), of: .candidate)
                rollout.observe(outcome(&noise, Fault.none.effect), of: .control)
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
