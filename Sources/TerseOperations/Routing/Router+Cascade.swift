/// Whether the best variant begins an answer anew.
extension Router {
    /// Judges the first tokens of an answer that the least demanding variant began in a cascade.
    /// - Parameters:
    ///   - number: the decision's.
    ///   - meanLogLikelihood: of the tokens, in nats, by the variant itself.
    /// - Returns: true when the best variant is to begin anew; the answer so far is thrown away.
    public mutating func escalates(_ number: Int, meanLogLikelihood: Double) -> Bool {
        guard let entry = recent[number], let rule = entry.cascade, meanLogLikelihood.isFinite else { return false }
        // Where others are the least demanding and the best by now, nothing is known of these.
        guard entry.decision.variant == plan.profiles[least].name, !isOutdated(number, least),
            entry.decision.escalation == plan.profiles[best].name, !isOutdated(number, best)
        else { return false }
        switch rule {
        case .share(let share):
            defer { knowledge.likelihoods.add(meanLogLikelihood) }
            return knowledge.likelihoods.threshold(share: share).map { meanLogLikelihood < $0 } ?? false
        case .gain: return isWorthMore(entry, meanLogLikelihood)
        }
    }

    /// Compares the rest of the begun answer with a whole one of the best variant, by the trade-off.
    private func isWorthMore(_ entry: RecentDecisions.Entry, _ probe: Double) -> Bool {
        let (begun, anew) = (entry.decision.predictions[least], entry.decision.predictions[best])
        let x = FeatureVector.values(entry.features)
        let loss = knowledge.variants[least].loss.predict(x, probe: probe)
        let spent = begun.timeToFirstToken + Double(entry.decision.probeTokens ?? 0) * begun.timePerOutputToken
        let rest = max(0, 1 - spent / max(begun.seconds, .leastNormalMagnitude))
        let demandOfRest = (begun.score - entry.lossPrice * begun.lossBitsPerByte) * rest
        return demandOfRest + entry.lossPrice * loss > anew.score
    }
}
