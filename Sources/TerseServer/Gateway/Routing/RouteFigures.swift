import Synchronization
import TerseOperations
import TerseTelemetry

/// What a route has decided since the server was started.
final class RouteFigures: Sendable {
    /// An alarm, and when it was.
    struct Alarm: Sendable {
        let alarm: DriftAlarm
        /// Seconds since 1970.
        let time: Double
    }

    struct State: Sendable {
        /// Decisions by variant, "" for nobody, and reason.
        var decisions: [String: [RoutingReason: Int]] = [:]
        /// Answers by who gave them.
        var answers: [String: Int] = [:]
        /// How often the best variant began anew, and how often one that was chosen could not take a request.
        var (escalations, passes) = (0, 0)
        /// Answers that were judged, and those that people rated.
        var (judgements, ratings) = (0, 0)
        /// The last ones, the newest last.
        var alarms: [Alarm] = []
        var alarmCounts: [String: [DriftQuantity: Int]] = [:]
    }

    let decisionTime = Histogram(bounds: secondsOfDecisions)
    private let state = Mutex(State())

    static let alarmsMax = 64
    /// Seconds, from a microsecond to a hundredth.
    private static let secondsOfDecisions: [Double] = [
        0.000_002, 0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.01,
    ]

    var now: State { state.withLock { $0 } }

    func count(_ decision: RoutingDecision) {
        state.withLock { $0.decisions[decision.variant ?? "", default: [:]][decision.reason, default: 0] += 1 }
    }

    func countAnswer(of variant: String) { state.withLock { $0.answers[variant, default: 0] += 1 } }

    func count(_ events: WritableKeyPath<State, Int> & Sendable) { state.withLock { $0[keyPath: events] += 1 } }

    func add(_ alarm: DriftAlarm, at time: Double) {
        state.withLock { state in
            if state.alarms.count == Self.alarmsMax { state.alarms.removeFirst() }
            state.alarms.append(Alarm(alarm: alarm, time: time))
            state.alarmCounts[alarm.variant, default: [:]][alarm.quantity, default: 0] += 1
        }
    }

    /// Of all routes together, each with its name.
    static func metrics(_ desks: [RouteDesk]) -> [MetricFamily] {
        guard !desks.isEmpty else { return [] }
        let states = desks.map { (desk: $0, route: ("route", $0.name), now: $0.figures.now) }
        let decisions = states.flatMap { state in
            (state.desk.names + [""]).flatMap { variant in
                RoutingReason.allCases.compactMap { reason in
                    state.now.decisions[variant]?[reason].map { count in
                        MetricFamily.Sample.number(
                            [
                                state.route, ("variant", variant.isEmpty ? "none" : variant),
                                ("reason", reason.rawValue),
                            ], Double(count))
                    }
                }
            }
        }
        func counters(_ count: (State, String) -> Int) -> [MetricFamily.Sample] {
            states.flatMap { state in
                state.desk.names.map { .number([state.route, ("variant", $0)], Double(count(state.now, $0))) }
            }
        }
        let alarms = states.flatMap { state in
            state.desk.names.flatMap { variant in
                DriftQuantity.allCases.map { quantity in
                    MetricFamily.Sample.number(
                        [state.route, ("variant", variant), ("quantity", quantity.rawValue)],
                        Double(state.now.alarmCounts[variant]?[quantity] ?? 0))
                }
            }
        }
        return [
            MetricFamily(
                "terse_route_decisions_total", .counter, "Requests by the variant that was chosen, and why.", decisions),
            MetricFamily(
                "terse_route_answers_total", .counter, "Requests by the variant that answered.",
                counters { $0.answers[$1] ?? 0 }),
            family("passes", "Times that a chosen variant could not take a request.", states.map { ($1, $2.passes) }),
            family("escalations", "Answers that the best variant began anew.", states.map { ($1, $2.escalations) }),
            family("judgements", "Answers that the best variant judged.", states.map { ($1, $2.judgements) }),
            family("ratings", "Answers that people rated.", states.map { ($1, $2.ratings) }),
            MetricFamily("terse_route_alarms_total", .counter, "Times that a variant was found to drift.", alarms),
            MetricFamily(
                "terse_route_decision_seconds", .histogram, "What a decision took.",
                states.map { .histogram([$0.route], $0.desk.figures.decisionTime.snapshot) }),
        ]
    }

    private static func family(
        _ name: String, _ help: String, _ counts: [(label: MetricFamily.Label, count: Int)]
    ) -> MetricFamily {
        MetricFamily(
            "terse_route_\(name)_total", .counter, help, counts.map { .number([$0.label], Double($0.count)) })
    }
}
