/// What becomes of requests, and what people and judges say of answers.
extension Router {
    /// Learns how long a request took, and what energy. One whose decision is forgotten says nothing of times.
    public mutating func observe(_ outcome: RoutedOutcome) -> [RoutingAction] {
        knowledge.scale.add(outputTokens: outcome.outputTokens)
        guard let entry = recent[outcome.number], let index = index(of: outcome.variant),
            !isOutdated(outcome.number, index)
        else { return [] }
        var alarms: [DriftAlarm?] = []
        let times = entry.profileTimes[index]
        if let seconds = outcome.timeToFirstToken,
            let ratio = knowledge.variants[index].firstToken.learn(
                observed: seconds, predicted: times.timeToFirstToken)
        {
            alarms.append(knowledge.variants[index].watch(.timeToFirstToken, ratio, of: outcome.variant))
        }
        if let seconds = outcome.timePerOutputToken,
            let ratio = knowledge.variants[index].outputToken.learn(
                observed: seconds, predicted: times.timePerOutputToken)
        {
            alarms.append(knowledge.variants[index].watch(.timePerOutputToken, ratio, of: outcome.variant))
        }
        if let joules = outcome.joules {
            let demand = Demand(
                plan.profiles[index], promptTokens: Double(entry.features.promptTokens),
                outputTokens: Double(outcome.outputTokens), timeToFirstToken: 0, timePerOutputToken: 0, streams: 1,
                energyFactor: 1)
            knowledge.variants[index].energy.learn(observed: joules, predicted: demand.joules)
        }
        return actions(alarms)
    }

    /// Learns what was found out about the quality of an answer; nothing, when the decision is forgotten.
    public mutating func learn(_ evidence: QualityEvidence, of number: Int) -> [RoutingAction] {
        guard let entry = recent[number] else { return [] }
        return learn(evidence, of: entry.features)
    }

    /// Learns what was found out about the quality of variants on a request. Names and numbers that mean nothing are
    /// passed over.
    public mutating func learn(_ evidence: QualityEvidence, of features: RequestFeatures) -> [RoutingAction] {
        let x = FeatureVector.values(features)
        switch evidence {
        case .text(let bitsPerByte, let tokens, let probe):
            let weight = Double(max(1, min(tokens, QualityEvidence.tokensUsual))) / Double(QualityEvidence.tokensUsual)
            return actions(learn(x, bitsPerByte, weight: weight, probe: probe))
        case .answer(let variant, let logLikelihood, let judged, let agreement):
            let disagreement = logLikelihood - judged + (1 - agreement)
            guard let index = index(of: variant), index != best, disagreement.isFinite else { return [] }
            knowledge.variants[index].loss.learn(x, disagreement: disagreement)
            return actions([knowledge.variants[index].watch(.disagreement, disagreement, of: variant)])
        case .rating(let variant, let rating):
            // The best variant's own ratings tell nothing about whether another would have been better.
            guard let index = index(of: variant), index != best, abs(rating) <= 1 else { return [] }
            knowledge.variants[index].loss.learn(x, rating: rating)
            return []
        }
    }

    /// The same, of an answer by a decision of this router: what another variant of the name answered teaches nothing.
    public mutating func learn(
        _ evidence: QualityEvidence, of features: RequestFeatures, decision number: Int
    ) -> [RoutingAction] {
        switch evidence {
        case .answer(let variant, _, _, _), .rating(let variant, _):
            guard let index = index(of: variant), !isOutdated(number, index) else { return [] }
        case .text: break
        }
        return learn(evidence, of: features)
    }

    private mutating func learn(_ x: [Double], _ bitsPerByte: [String: Double], weight: Double, probe: Double?)
        -> [DriftAlarm?]
    {
        let profile = plan.profiles[best]
        let bestBits = bitsPerByte[profile.name].flatMap { $0.isFinite ? $0 : nil }
        var alarms: [DriftAlarm?] = []
        for (index, name) in knowledge.names.enumerated() where index != best {
            guard let bits = bitsPerByte[name], bits.isFinite else { continue }
            let expected = bestBits ?? profile.bitsPerByte + knowledge.bestQuality.mean(x)
            var loss = knowledge.variants[index].loss
            let certainty = bestBits == nil ? loss.weight(besides: knowledge.bestQuality) : 1
            let surprise = loss.learn(
                x, loss: bits - expected, probe: index == least ? probe.flatMap { $0.isFinite ? $0 : nil } : nil,
                weight: weight * certainty)
            knowledge.variants[index].loss = loss
            alarms.append(knowledge.variants[index].watch(.quality, surprise, of: name))
        }
        if let bestBits {
            let surprise = knowledge.bestQuality.learn(x, bestBits - profile.bitsPerByte, weight: weight)
            alarms.append(knowledge.variants[best].watch(.quality, surprise, of: profile.name))
        }
        return alarms
    }

    private func actions(_ alarms: [DriftAlarm?]) -> [RoutingAction] {
        alarms.compactMap { $0 }.flatMap { alarm -> [RoutingAction] in
            let isWorse = alarm.quantity == .quality || alarm.quantity == .disagreement
            let rollBack = RoutingAction.rollBack(variant: alarm.variant, reason: alarm.description)
            return [.alarm(alarm)] + (plan.rollsBackOnDrift && isWorse ? [rollBack] : [])
        }
    }

    /// How each variant turned out beside its profile, in the order of the profiles.
    public var corrections: [VariantCorrection] {
        knowledge.variants.enumerated().map { index, learned in
            VariantCorrection(
                variant: knowledge.names[index], timeToFirstTokenFactor: learned.firstToken.factor,
                timePerOutputTokenFactor: learned.outputToken.factor, joulesFactor: learned.energy.factor,
                qualityObservations: index == best ? knowledge.bestQuality.observations : learned.loss.observations)
        }
    }

    func index(of variant: String) -> Int? { knowledge.names.firstIndex(of: variant) }
}
