import Synchronization
import TerseOperations
import TerseRegistry
import TerseTelemetry

/// What a model's rollouts are doing and have done since the server was started, for metrics.
final class RolloutFigures: Sendable {
    private struct State {
        var isRunning = false
        var weight = 0.0
        var pairs = 0
        var judgements: [RolloutJudgement] = []
        var ends: [RolloutRecord.Event.Kind: Int] = [:]
        var outcomes: [RolloutGroup: (good: Int, failed: Int)] = [:]
    }

    private let state = Mutex(State())

    func show(_ rollout: Rollout) {
        let (pairs, judgements) = (rollout.pairs, rollout.judgements)
        state.withLock {
            ($0.isRunning, $0.weight, $0.pairs, $0.judgements) = (true, rollout.weight, pairs, judgements)
        }
    }

    func end(_ how: RolloutRecord.Event.Kind) {
        state.withLock { state in
            (state.isRunning, state.weight, state.pairs, state.judgements) = (false, 0, 0, [])
            state.ends[how, default: 0] += 1
        }
    }

    func count(_ outcome: RequestOutcome, _ group: RolloutGroup) {
        state.withLock { state in
            var counts = state.outcomes[group] ?? (0, 0)
            if outcome.failed { counts.failed += 1 } else { counts.good += 1 }
            state.outcomes[group] = counts
        }
    }

    /// Of all models together, each with its name.
    static func metrics(_ endpoints: [ModelEndpoint]) -> [MetricFamily] {
        let states = endpoints.map { (name: ("model_name", $0.model), now: $0.figures.state.withLock { $0 }) }
        let groups: [RolloutGroup] = [.control, .candidate]
        return [
            MetricFamily(
                "terse_rollout_running", .gauge, "Whether a rollout of the model is carried out.",
                states.map { .number([$0.name], $0.now.isRunning ? 1 : 0) }),
            MetricFamily(
                "terse_rollout_weight", .gauge, "The candidate's share of conversations, 1 is all.",
                states.map { .number([$0.name], $0.now.weight) }),
            MetricFamily(
                "terse_rollout_pairs", .gauge, "Pairs of requests that the rollout has compared.",
                states.map { .number([$0.name], Double($0.now.pairs)) }),
            MetricFamily(
                "terse_rollout_verdict", .gauge, "By criterion: 1 met, 0 undecided, -1 breached.",
                states.flatMap { state in
                    state.now.judgements.map { judgement in
                        let value = judgement.verdict == .met ? 1.0 : judgement.verdict == .breached ? -1 : 0
                        return .number([state.name, ("criterion", judgement.criterion.metric.rawValue)], value)
                    }
                }),
            MetricFamily(
                "terse_rollout_worsening", .gauge, "By criterion: how much worse the candidate is, in its unit.",
                states.flatMap { state in
                    state.now.judgements.map { judgement in
                        .number(
                            [state.name, ("criterion", judgement.criterion.metric.rawValue)], judgement.worsening)
                    }
                }),
            MetricFamily(
                "terse_rollout_requests_total", .counter, "Requests that rollouts observed.",
                states.flatMap { state in
                    groups.flatMap { group in
                        let counts = state.now.outcomes[group] ?? (0, 0)
                        return [("good", counts.good), ("failed", counts.failed)].map { outcome, count in
                            MetricFamily.Sample.number(
                                [state.name, ("group", group.rawValue), ("outcome", outcome)], Double(count))
                        }
                    }
                }),
            MetricFamily(
                "terse_rollouts_total", .counter, "Rollouts that ended, by how.",
                states.flatMap { state in
                    RolloutRecord.Event.Kind.allCases.filter(\.isEnd).map { how in
                        .number([state.name, ("end", how.rawValue)], Double(state.now.ends[how] ?? 0))
                    }
                }),
        ]
    }
}
