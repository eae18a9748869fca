import Foundation

/// Replays a trace under policies: a router learns from the first requests and is judged by the others.
///
/// Each request is alone on the host: what overload does is not simulated. Learning takes the times of all variants,
/// and, of `scoredShare` of the requests, the qualities of all.
public struct RoutingSimulation: Sendable {
    public let trace: RoutingTrace
    /// How many requests are learned from.
    public let learned: Int
    private let scoredShare: Double
    private let teacher: Router

    /// - Parameters:
    ///   - learningShare: of the requests, those learned from; 0: none, the profiles are all that is known.
    ///   - scoredShare: of those, the ones whose qualities are known, evenly spread.
    /// - Throws: `RoutingError` for shares out of 0 … 1, or when nothing is left to judge.
    public init(_ trace: RoutingTrace, learningShare: Double = 0.5, scoredShare: Double = 1) throws(RoutingError) {
        for (name, share) in [("learningShare", learningShare), ("scoredShare", scoredShare)] {
            guard share >= 0, share <= 1 else { throw RoutingError("\(name): expected 0 to 1, found \(share)") }
        }
        learned = Int(Double(trace.requests.count) * learningShare)
        guard trace.requests.count - learned >= 2 else {
            throw RoutingError("expected two requests or more to judge, found \(trace.requests.count - learned)")
        }
        (self.trace, self.scoredShare) = (trace, scoredShare)
        var router = try Router(RouterPlan(trace.profiles, RoutingPolicy(.balanced)))
        Self.teach(&router, trace.requests[..<learned], scoredShare)
        teacher = router
    }

    /// The variants between which random mixing draws: the best and the least demanding.
    public var best: String { trace.profiles[teacher.best].name }
    public var least: String { trace.profiles[teacher.least].name }

    /// Compares the policies; nil: every reference, and the router at many weights.
    /// - Throws: `RoutingError` for a policy that is wrong.
    public func report(_ policies: [SimulatedPolicy]? = nil) throws(RoutingError) -> RoutingReport {
        let judged = trace.requests[learned...]
        let policies = policies ?? SimulatedPolicy.all(trace.profiles.map(\.name))
        let ends = (try answers(.always(variant: least)), try answers(.always(variant: best)))
        var rows: [RoutingReport.Row] = []
        for policy in policies {
            rows.append(MixtureComparison(least: ends.0, best: ends.1).row(policy, try answers(policy)))
        }
        return RoutingReport(learned: learned, judged: judged.count, best: best, least: least, rows: rows)
    }

    private static func teach(_ router: inout Router, _ requests: ArraySlice<TracedRequest>, _ scoredShare: Double) {
        let idle = ResourceSituation(router.plan.profiles.map { _ in .idle })
        var due = 0.0
        for request in requests {
            let number = router.decide(request.features, idle, at: .seconds(request.time)).number
            for (variant, answer) in request.answers {
                _ = router.observe(
                    RoutedOutcome(
                        number: number, variant: variant, outputTokens: request.outputTokens,
                        timeToFirstToken: answer.timeToFirstToken, timePerOutputToken: answer.timePerOutputToken,
                        joules: answer.joules))
            }
            due += scoredShare
            guard due >= 1 else { continue }
            due -= 1
            let probe = request.answers[router.plan.profiles[router.least].name]?.probeLogLikelihood
            _ = router.learn(
                .text(
                    bitsPerByte: request.answers.mapValues(\.bitsPerByte), tokens: request.outputTokens, probe: probe),
                of: number)
        }
    }

    /// What each judged request comes to.
    private func answers(_ policy: SimulatedPolicy) throws(RoutingError) -> [SimulatedAnswer] {
        try policy.check()
        let judged = trace.requests[learned...]
        switch policy {
        case .always(let variant):
            guard trace.profiles.contains(where: { $0.name == variant }) else {
                throw RoutingError("always: expected one of \(trace.profiles.map(\.name)), found \(variant)")
            }
            return judged.map { answer($0, variant) }
        case .random(let share):
            return judged.map { answer($0, least).mixed(with: answer($0, best), share: share) }
        case .oracle(let weight): return oracle(weight)
        case .router, .weighedRouter, .cascade, .policy: return try policy.routing.map(routed) ?? []
        }
    }

    private func answer(_ request: TracedRequest, _ variant: String) -> SimulatedAnswer {
        guard let answer = request.answers[variant] else { preconditionFailure("a trace has every variant's answers") }
        return SimulatedAnswer(request, answer, isBest: variant == best)
    }

    /// Minimises the Lagrangian of each request: the price of a second is the same for all. The unit of the weight is,
    /// as the router's, by how much the two variants differ.
    private func oracle(_ weight: Double) -> [SimulatedAnswer] {
        let judged = trace.requests[learned...]
        let (small, large) = (judged.map { answer($0, least) }, judged.map { answer($0, best) })
        func sum(_ answers: [SimulatedAnswer], _ quantity: KeyPath<SimulatedAnswer, Double>) -> Double {
            answers.reduce(0) { $0 + $1[keyPath: quantity] }
        }
        let loss = sum(small, \.bitsPerByte) - sum(large, \.bitsPerByte)
        let seconds = max(sum(large, \.seconds) - sum(small, \.seconds), .leastNormalMagnitude)
        let price = weight * max(0, loss) / seconds
        return judged.map { request in
            let all = trace.profiles.map { answer(request, $0.name) }
            let cheapest = all.min { $0.bitsPerByte + price * $0.seconds < $1.bitsPerByte + price * $1.seconds }
            return cheapest ?? all[0]
        }
    }

    private func routed(_ policy: RoutingPolicy) throws(RoutingError) -> [SimulatedAnswer] {
        var router = try Router(RouterPlan(trace.profiles, policy), knowledge: teacher.knowledge)
        let idle = ResourceSituation(trace.profiles.map { _ in .idle })
        return trace.requests[learned...].map { request in
            let decision = router.decide(request.features, idle, at: .seconds(request.time))
            let chosen = decision.variant.flatMap { request.answers[$0] }
            // An idle host refuses only what is longer than every context; whoever is asked for that, it costs the best
            // one's time.
            guard let chosen, let variant = decision.variant else { return answer(request, best) }
            guard let probeTokens = decision.probeTokens, let probe = chosen.probeLogLikelihood,
                router.escalates(decision.number, meanLogLikelihood: probe)
            else { return SimulatedAnswer(request, chosen, isBest: variant == best) }
            return escalated(request, chosen, probeTokens)
        }
    }

    /// The best variant's answer, after the time and the energy of the first tokens of another.
    private func escalated(_ request: TracedRequest, _ begun: TracedAnswer, _ probeTokens: Int) -> SimulatedAnswer {
        var whole = answer(request, best)
        let tokens = Double(min(probeTokens, request.outputTokens))
        let seconds = begun.timeToFirstToken + tokens * begun.timePerOutputToken
        whole.joules += begun.joules * seconds / request.seconds(begun)
        whole.seconds += seconds
        return whole
    }
}
