import TerseConfiguration

extension RolloutPlan {
    /// The plan that a configuration states; what it does not name is as in the standard plan.
    ///
    /// `weights` in percent, a last one of 100 may be written; `pairs_per_step`, `shadow_pairs`, `pairs_max`; `patience` and
    /// `patience_max` in seconds; `false_rollback_risk` and `false_promotion_risk`; `criteria`, by the names of metrics, each
    /// with `tolerated` and `intolerable`: those that are named are all.
    /// - Throws: `ConfigurationError` with the line; a plan that contradicts itself is found by `check`.
    public init(_ map: ConfigurationMap) throws(ConfigurationError) {
        self.init()
        if let texts = try map.strings("weights") {
            do { weights = try Self.weights(percent: texts) } catch { throw map.error("weights", error.description) }
        }
        let counts = 0...Self.pairsLimit
        pairsPerStep = try map.integer("pairs_per_step", in: counts) ?? pairsPerStep
        shadowPairs = try map.integer("shadow_pairs", in: counts) ?? shadowPairs
        pairsMax = try map.integer("pairs_max", in: counts) ?? pairsMax
        falseRollbackRisk = try map.number("false_rollback_risk", in: 0...1) ?? falseRollbackRisk
        falsePromotionRisk = try map.number("false_promotion_risk", in: 0...1) ?? falsePromotionRisk
        let seconds = 0...Self.patienceSecondsLimit
        patience = try map.number("patience", in: seconds).map { .seconds($0) } ?? patience
        patienceMax = try map.number("patience_max", in: seconds).map { .seconds($0) } ?? patienceMax
        if let named = try map.map("criteria") { criteria = try Self.criteria(named) }
        try map.finish()
    }

    /// More pairs than any rollout takes.
    private static let pairsLimit = 1_000_000_000
    private static let patienceSecondsLimit = 30 * 86_400.0

    private static func criteria(_ named: ConfigurationMap) throws(ConfigurationError) -> [RolloutCriterion] {
        var criteria: [RolloutCriterion] = []
        for metric in RolloutMetric.allCases {
            guard let limits = try named.map(metric.rawValue) else { continue }
            let span = 0...Double.greatestFiniteMagnitude
            criteria.append(
                RolloutCriterion(
                    metric,
                    tolerated: try limits.required("tolerated", try limits.number("tolerated", in: span)),
                    intolerable: try limits.required("intolerable", try limits.number("intolerable", in: span))))
            try limits.finish()
        }
        try named.finish()
        return criteria
    }

    /// Shares of the traffic from texts in percent; a last one of 100, which follows anyway, is left out.
    /// - Throws: `RolloutError` for what is no number.
    public static func weights(percent texts: [String]) throws(RolloutError) -> [Double] {
        var weights: [Double] = []
        for text in texts {
            guard let percent = Double(text), percent.isFinite else {
                throw RolloutError("weights: expected numbers in percent, found \(text.debugDescription)")
            }
            weights.append(percent / 100)
        }
        if weights.last == 1 { weights.removeLast() }
        return weights
    }
}
