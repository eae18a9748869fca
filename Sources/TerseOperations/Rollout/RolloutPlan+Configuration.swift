import TerseConfiguration

extension RolloutPlan {
    /// The plan that a configuration states; what it does not name is as in the standard plan.
    ///
    /// `weights` in percent, a last one of 100 may be written; `pairs_per_step`, `shadow_pairs`, `pairs_max`; `patience` and
    /// `patience_max` in seconds; `false_rollback_risk` and `false_promotion_risk`; `criteria`, by the names of metrics, each
    /// with `tolerated` and `intolerable`: those that are named are all.
    /// - Throws: `ConfigurationError` with the line, also for what `check` finds.
    public init(_ map: ConfigurationMap) throws(ConfigurationError) {
        self.init()
        if let texts = try map.strings("weights") {
            do { weights = try Self.weights(percent: texts) } catch { throw map.error("weights", error.message) }
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
        do { try check() } catch {
            // The standard plan is right, so one at least of the keys that contradict each other is stated.
            let stated = error.keys.first { map.has($0) }
            throw stated.map { map.error($0, error.message) } ?? ConfigurationError(error.description)
        }
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
                throw RolloutError("expected numbers in percent, found \(text.debugDescription)", keys: "weights")
            }
            weights.append(percent / 100)
        }
        if weights.last == 1 { weights.removeLast() }
        return weights
    }

    /// Has requests asked for after `seconds` without a pair, and the rollout paused after ten times as long.
    /// - Throws: `RolloutError` for what a configuration may not state.
    public mutating func setPatience(seconds: Double) throws(RolloutError) {
        let limit = Self.patienceSecondsLimit / 10
        guard seconds > 0, seconds <= limit else {
            throw RolloutError(
                "expected more than 0 and at most \(limit.decimal) seconds, found \(seconds.decimal)",
                keys: "patience")
        }
        (patience, patienceMax) = (.seconds(seconds), .seconds(10 * seconds))
    }
}

/// What a configuration states of a plan, in numbers that are read as what the plan has.
extension RolloutPlan {
    /// `weights` in percent.
    public var weightsPercent: [Double] { weights.map { weight in Self.stated(100 * weight) { $0 / 100 == weight } } }

    /// `patience` in seconds.
    public var patienceSeconds: Double { Self.seconds(patience) }

    /// `patienceMax` in seconds.
    public var patienceSecondsMax: Double { Self.seconds(patienceMax) }

    private static func seconds(_ duration: Duration) -> Double {
        stated(duration / .seconds(1)) { Duration.seconds($0) == duration }
    }

    /// `value` as people would have written it, unless that is read as something else.
    private static func stated(_ value: Double, isRead: (Double) -> Bool) -> Double {
        guard let short = Double(value.decimal), isRead(short) else { return value }
        return short
    }
}
