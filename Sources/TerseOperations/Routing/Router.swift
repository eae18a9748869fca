/// Chooses a variant for each request, and learns from what becomes of it: a value that takes features, situations and
/// clock readings.
///
/// For every variant it predicts the loss of quality against the best variant, times, joules and cost: what the profile
/// says, corrected by what was observed. Of the variants that keep to the limits, the one with the least score by the
/// trade-off gets the request. A decision is O(variants × features²), and no more than some microseconds.
public struct Router: Sendable {
    public private(set) var plan: RouterPlan
    /// What was learned so far.
    public internal(set) var knowledge: RouterKnowledge
    /// The variant whose profile has the fewest bits per byte, of almost equal ones the fastest; and the fastest of
    /// all.
    let best: Int
    let least: Int
    var recent = RecentDecisions()
    private var decisions = 0
    /// The first decision of each variant that goes by the name of its profile now.
    private var firstDecisions: [Int]
    private var random: RandomSequence

    /// Bits per byte that make no variant better than a faster one.
    private static let equalQuality = 0.005

    /// - Parameter knowledge: that of a router with the same variants, to go on with; nil: begin with the profiles.
    /// - Throws: `RoutingError` when the plan is wrong, or the knowledge of other variants.
    public init(_ plan: RouterPlan, knowledge: RouterKnowledge? = nil) throws(RoutingError) {
        try plan.check()
        let profiles = plan.profiles
        let seconds = profiles.map { Demand($0, scale: RequestScale()).seconds }
        let fewestBits = profiles.map(\.bitsPerByte).min() ?? 0
        let equals = profiles.indices.filter { profiles[$0].bitsPerByte <= fewestBits + Self.equalQuality }
        best = equals.min { seconds[$0] < seconds[$1] } ?? 0
        least = profiles.indices.min { seconds[$0] < seconds[$1] } ?? 0
        let beginning = RouterKnowledge(plan, best: profiles[best])
        if let knowledge, (knowledge.names, knowledge.best) != (beginning.names, beginning.best) {
            throw RoutingError(
                "knowledge: expected of \(beginning.names), the best \(beginning.best), found of \(knowledge.names), "
                    + "the best \(knowledge.best)")
        }
        guard knowledge?.isWhole != false else {
            throw RoutingError("knowledge: expected of this version of the program, found of another, or a damaged one")
        }
        firstDecisions = profiles.map { _ in 0 }
        self.plan = plan
        self.knowledge = knowledge ?? beginning
        random = RandomSequence(seed: plan.seed)
    }

    /// Says who gets a request.
    /// - Parameters:
    ///   - situation: a `VariantSituation` for each profile.
    ///   - now: a reading of the clock that all calls use.
    public mutating func decide(
        _ features: RequestFeatures, _ situation: ResourceSituation, at now: Duration
    ) -> RoutingDecision {
        precondition(situation.variants.count == plan.profiles.count, "a situation for each profile")
        let policy = features.tenant.flatMap { plan.tenantPolicies[$0] } ?? plan.policy
        knowledge.scale.add(promptTokens: features.promptTokens)
        let forecast = Forecast(self, features, situation, policy)
        var choice = Choice(forecast)
        let cascade = policy.cascade.flatMap { begin($0, forecast, &choice) }
        if choice.reason == .best { explore(policy, forecast, &choice) }
        let decision = RoutingDecision(
            number: decisions, time: now / .seconds(1), variant: choice.index.map { plan.profiles[$0].name },
            reason: choice.reason, escalation: cascade.map { _ in plan.profiles[best].name },
            probeTokens: cascade?.probeTokens, predictions: forecast.predictions)
        decisions += 1
        recent.add(
            RecentDecisions.Entry(
                decision: decision, features: features, profileTimes: forecast.profileTimes,
                cascade: cascade?.rule, lossPrice: forecast.lossPrice))
        return decision
    }

    /// Decides by other policies from now on; what was learned stays.
    /// - Throws: `RoutingError`; then nothing has changed.
    public mutating func adopt(
        _ policy: RoutingPolicy, tenantPolicies: [String: RoutingPolicy]
    ) throws(RoutingError) {
        var changed = plan
        (changed.policy, changed.tenantPolicies) = (policy, tenantPolicies)
        try changed.check()
        plan = changed
    }

    /// Another variant goes by the name of a profile from now on. What was learned of the one before is forgotten, of the others
    /// what they lose beside the best, too, where that was or is the one.
    /// - Throws: `RoutingError` for a profile that is wrong, or of a name that no profile has; then nothing has changed.
    public mutating func replace(_ profile: VariantProfile) throws(RoutingError) {
        guard let index = index(of: profile.name) else {
            throw RoutingError("profile: expected one of \(plan.profiles.map(\.name)), found \(profile.name)")
        }
        var changed = plan
        changed.profiles[index] = profile
        var next = try Router(changed)
        next.knowledge.inherit(from: knowledge, except: index, isSameLeast: next.least == least && index != least)
        (next.recent, next.decisions, next.random) = (recent, decisions, random)
        next.firstDecisions = firstDecisions
        next.firstDecisions[index] = decisions
        self = next
    }

    /// Whether a decision was made when another variant went by the name.
    func isOutdated(_ number: Int, _ index: Int) -> Bool { number < firstDecisions[index] }

    /// Whose quality the others' is measured by.
    public var bestVariant: String { plan.profiles[best].name }

    /// The last decisions, the newest first.
    /// - Parameter count: at most `RecentDecisions.capacity` are kept.
    public func recentDecisions(_ count: Int) -> [RoutingRecord] {
        recent.last(count).map { RoutingRecord(decision: $0.decision, features: $0.features) }
    }

    /// Lets the least demanding variant begin, where both it and the best may have the request.
    private func begin(_ cascade: Cascade, _ forecast: Forecast, _ choice: inout Choice) -> Cascade? {
        let isOpen = { (index: Int) in forecast.predictions[index].obstacles.allSatisfy { $0 == .qualityLoss } }
        // Without power to spare nothing is begun that may be thrown away.
        guard least != best, isOpen(least), isOpen(best), forecast.lossPrice > 0 else { return nil }
        // What is worth the best variant at once needs no probe.
        if cascade.rule == .gain, choice.index != least { return nil }
        choice = Choice(index: least, reason: .cascade)
        return cascade
    }

    /// Now and then, takes the second-best, where the uncertainty of its loss is greater than what it is behind.
    private mutating func explore(_ policy: RoutingPolicy, _ forecast: Forecast, _ choice: inout Choice) {
        guard policy.explorationShare > 0, let first = choice.index else { return }
        let name = plan.profiles[first].name
        let second = Choice.least(forecast.predictions, by: \.score) { $0.obstacles.isEmpty && $0.variant != name }
        guard let second else { return }
        let (leader, follower) = (forecast.predictions[first], forecast.predictions[second])
        let uncertainty = forecast.lossPrice * 2 * max(leader.lossDeviation, follower.lossDeviation)
        guard follower.score - leader.score < uncertainty, random.uniform() < policy.explorationShare else { return }
        choice = Choice(index: second, reason: .exploration)
    }
}
