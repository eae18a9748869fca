import Foundation

/// A candidate on its way to everybody, or back: a value that takes outcomes and clock readings, and says what to do.
///
/// A conversation is one observation, its first request: later ones share its length and its cached prefix, and tests that take
/// them for independent would find differences where there are none. Those that were under way when a step began, and came
/// to the candidate with cold caches, are none.
///
/// It begins in the shadow, if the plan says so, then gets one share of the traffic after the other. Evidence of all steps
/// is added up: candidate and control group are always of one size, so the load that a step brings changes both alike.
/// At every evaluation, of a paused rollout too, a single breached criterion rolls back. A step ends with enough pairs; the last one only when all
/// criteria are met. What is too little to decide pauses the rollout in the end, and never promotes.
public struct Rollout: Sendable, Equatable, Codable {
    /// Where it is.
    public enum Phase: Sendable, Equatable, Codable {
        case shadow
        /// The number of a weight of the plan.
        case canary(step: Int)
        case promoted
        case rolledBack(reason: String)

        var isEnd: Bool {
            switch self {
            case .promoted, .rolledBack: true
            case .shadow, .canary: false
            }
        }
    }

    public let plan: RolloutPlan
    public private(set) var phase: Phase
    /// Why nothing goes on, while it does not.
    public private(set) var pauseReason: String?
    private var evidence = RolloutEvidence()
    /// Pairs when the phase began.
    private var startPairs = 0
    /// Pairs at the last evaluation that found more than the one before, and when that was.
    private var lastPairs = 0
    private var lastPairTime: Duration
    private var nextProbeTime: Duration

    /// Begins with `weight`; each change of it comes as an action.
    /// - Parameter now: a reading of the clock that all calls use; of its zero nothing is asked.
    /// - Throws: `RolloutError`.
    public init(_ plan: RolloutPlan, now: Duration) throws(RolloutError) {
        try plan.check()
        self.plan = plan
        phase = plan.shadowPairs > 0 ? .shadow : .canary(step: 0)
        (lastPairTime, nextProbeTime) = (now, now + plan.patience)
    }

    /// - Throws: `DecodingError` for a state that no rollout can be in.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        plan = try container.decode(RolloutPlan.self, forKey: .plan)
        phase = try container.decode(Phase.self, forKey: .phase)
        pauseReason = try container.decodeIfPresent(String.self, forKey: .pauseReason)
        evidence = try container.decode(RolloutEvidence.self, forKey: .evidence)
        startPairs = try container.decode(Int.self, forKey: .startPairs)
        lastPairs = try container.decode(Int.self, forKey: .lastPairs)
        lastPairTime = try container.decode(Duration.self, forKey: .lastPairTime)
        nextProbeTime = try container.decode(Duration.self, forKey: .nextProbeTime)
        do { try plan.check() } catch {
            throw DecodingError.dataCorruptedError(forKey: .plan, in: container, debugDescription: error.description)
        }
        if case .canary(let step) = phase, !plan.weights.indices.contains(step) {
            throw DecodingError.dataCorruptedError(
                forKey: .phase, in: container, debugDescription: "step \(step) of \(plan.weights.count)")
        }
    }

    /// Whether nothing follows any more.
    public var isEnded: Bool { phase.isEnd }

    /// Goes on by another clock, such as that of a new process: the time in which nobody carried it out is no time without
    /// traffic.
    public mutating func restart(at now: Duration) { (lastPairTime, nextProbeTime) = (now, now + plan.patience) }

    /// The candidate's share of conversations now.
    public var weight: Double {
        switch phase {
        case .shadow, .rolledBack: 0
        case .canary(let step): plan.weights[step]
        case .promoted: 1
        }
    }

    /// Pairs of requests compared so far.
    public var pairs: Int { evidence.errors.pairs }

    /// Counts the outcome of a conversation's first request. Those of the variant that is live count where they are the control
    /// group's.
    public mutating func observe(_ outcome: RequestOutcome, of group: RolloutGroup) {
        guard group != .stable, !phase.isEnd else { return }
        evidence.add(outcome, isCandidate: group == .candidate)
    }

    /// How the candidate compares by each criterion.
    public var judgements: [RolloutJudgement] {
        // Every criterion has its share of the risk of a false rollback. None of the other: a candidate that is intolerable
        // is so by one of them, and must pass that one.
        plan.criteria.map {
            evidence.judge(
                $0, rollbackRisk: plan.falseRollbackRisk / Double(plan.criteria.count),
                promotionRisk: plan.falsePromotionRisk)
        }
    }

    /// Decides by what was observed until now.
    public mutating func evaluate(at now: Duration) -> RolloutAction? {
        guard !phase.isEnd else { return nil }
        let judgements = judgements
        if let breach = judgements.first(where: { $0.verdict == .breached }) { return end(breach) }
        guard pauseReason == nil else { return nil }
        if pairs > lastPairs { (lastPairs, lastPairTime, nextProbeTime) = (pairs, now, now + plan.patience) }
        if let action = advance(judgements) { return action }
        if pairs >= plan.pairsMax { return pause("\(pairs) pairs of requests did not decide") }
        return wait(now)
    }

    private mutating func end(_ breach: RolloutJudgement) -> RolloutAction {
        let figures = [breach.worsening, breach.lower, breach.criterion.tolerated].map { String(format: "%.4g", $0) }
        return rollBack(
            "\(breach.criterion.metric.rawValue): worse by \(figures[0]), surely by more than \(figures[1]), tolerated is "
                + "\(figures[2]), after \(breach.pairs) pairs of requests")
    }

    private mutating func rollBack(_ reason: String) -> RolloutAction {
        (phase, pauseReason) = (.rolledBack(reason: reason), nil)
        return .rollBack(reason: reason)
    }

    /// Goes to the next step, if this one is done.
    private mutating func advance(_ judgements: [RolloutJudgement]) -> RolloutAction? {
        let taken = pairs - startPairs
        switch phase {
        case .shadow where taken >= plan.shadowPairs: return enter(step: 0)
        case .canary(let step) where taken >= plan.pairsPerStep:
            guard step == plan.weights.count - 1 else { return enter(step: step + 1) }
            guard judgements.allSatisfy({ $0.verdict == .met }) else { return nil }
            phase = .promoted
            return .promote
        default: return nil
        }
    }

    private mutating func enter(step: Int) -> RolloutAction {
        (phase, startPairs) = (.canary(step: step), pairs)
        return .split(weight: weight)
    }

    private mutating func wait(_ now: Duration) -> RolloutAction? {
        if now - lastPairTime >= plan.patienceMax {
            return pause("no pair of requests came in \((now - lastPairTime).components.seconds) s")
        }
        guard now >= nextProbeTime else { return nil }
        nextProbeTime = now + plan.patience
        return .probe(pairs: plan.pairsPerStep)
    }

    private mutating func pause(_ reason: String) -> RolloutAction {
        pauseReason = reason
        return .pause(reason: reason)
    }
}

/// What people, and the host of the candidate, decide.
extension Rollout {
    /// The candidate does not load, crashed, or breaks a limit of its own: no statistics are needed.
    /// - Returns: nil when it has ended.
    public mutating func fail(_ reason: String) -> RolloutAction? { phase.isEnd ? nil : rollBack(reason) }

    /// Keeps the share as it is until somebody resumes.
    /// - Throws: `RolloutError` when it has ended.
    public mutating func pause(by reason: String) throws(RolloutError) {
        try checkRunning("paused")
        pauseReason = reason
    }

    /// - Throws: `RolloutError` unless it is paused; when that is so because nothing decided, it can only be promoted or
    ///   aborted.
    public mutating func resume(at now: Duration) throws(RolloutError) {
        guard pauseReason != nil else { throw RolloutError("the rollout is not paused") }
        guard pairs < plan.pairsMax else {
            throw RolloutError("\(pairs) pairs of requests did not decide: promote it or abort it")
        }
        (pauseReason, lastPairTime, nextProbeTime) = (nil, now, now + plan.patience)
    }

    /// Ends it, whatever the evidence says.
    /// - Throws: `RolloutError` when it has ended.
    public mutating func promote() throws(RolloutError) -> RolloutAction {
        try checkRunning("promoted")
        (phase, pauseReason) = (.promoted, nil)
        return .promote
    }

    /// Ends it, whatever the evidence says.
    /// - Throws: `RolloutError` when it has ended.
    public mutating func abort(_ reason: String) throws(RolloutError) -> RolloutAction {
        try checkRunning("aborted")
        return rollBack(reason)
    }

    private func checkRunning(_ what: String) throws(RolloutError) {
        guard !phase.isEnd else { throw RolloutError("the rollout cannot be \(what): it has ended") }
    }
}
