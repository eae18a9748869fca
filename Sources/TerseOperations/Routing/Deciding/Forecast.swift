import Foundation

/// What is expected of every variant for one request.
struct Forecast: Sendable {
    let predictions: [VariantPrediction]
    /// What the profiles alone say.
    let profileTimes: [ProfileTimes]
    /// The score of a bit per byte.
    let lossPrice: Double
    /// What the score of each variant has of other requests' prompts, which wait.
    let queueScores: [Double]
    /// Whether energy alone decides.
    let isOutOfPower: Bool

    init(
        _ router: Router, _ features: RequestFeatures, _ situation: ResourceSituation, _ policy: RoutingPolicy
    ) {
        let profiles = router.plan.profiles
        let scale = router.knowledge.scale
        let units = TradeOffUnits(best: profiles[router.best], least: profiles[router.least], scale: scale)
        isOutOfPower = (situation.wattsFree ?? .infinity) <= 0
        let weights = isOutOfPower ? TradeOff(quality: 0, energy: 1) : Self.weights(policy, features)
        let x = FeatureVector.values(features)
        let outputTokens = scale.expectedOutputTokens(bound: features.outputTokensMax)
        let times = profiles.indices.map {
            ProfileTimes(profiles[$0], promptTokens: features.promptTokens, in: situation.variants[$0])
        }
        let losses = profiles.indices.map { index in
            index == router.best ? (mean: 0, deviation: 0) : router.knowledge.variants[index].loss.predict(x)
        }
        let bestBits = profiles[router.best].bitsPerByte + router.knowledge.bestQuality.mean(x)
        predictions = profiles.indices.map { index in
            let learned = router.knowledge.variants[index]
            let firstToken = times[index].timeToFirstToken * learned.firstToken.factor
            let outputToken = times[index].timePerOutputToken * learned.outputToken.factor
            let demand = Demand(
                profiles[index], promptTokens: Double(features.promptTokens), outputTokens: outputTokens,
                timeToFirstToken: firstToken, timePerOutputToken: outputToken, streams: times[index].streams,
                energyFactor: learned.energy.factor)
            let obstacles = Self.obstacles(
                profiles[index], situation.variants[index], features, outputTokens: outputTokens,
                times: ServiceObjectives(timeToFirstToken: firstToken, timePerOutputToken: outputToken), demand: demand,
                loss: losses[index].mean, limits: policy.limits)
            return VariantPrediction(
                variant: profiles[index].name, bitsPerByte: bestBits + losses[index].mean,
                lossBitsPerByte: losses[index].mean,
                lossDeviation: losses[index].deviation, timeToFirstToken: firstToken, timePerOutputToken: outputToken,
                seconds: demand.seconds, joules: demand.joules, energyBasis: profiles[index].energyBasis,
                cost: demand.cost, score: Self.score(losses[index].mean, demand, weights, units), obstacles: obstacles)
        }
        profileTimes = times
        queueScores = profiles.indices.map { index in
            let waiting = Double(situation.variants[index].waitingTokens) / profiles[index].promptTokensPerSecond
            return weights.time * waiting * router.knowledge.variants[index].firstToken.factor / units.seconds
        }
        lossPrice = weights.quality / units.lossBitsPerByte
    }

    /// Who would have the request if nobody else had any; nil where something besides the load forbids all.
    var preferred: Int? {
        predictions.indices.filter { predictions[$0].obstacles.allSatisfy(\.isLoad) }
            .min { predictions[$0].score - queueScores[$0] < predictions[$1].score - queueScores[$1] }
    }

    /// Urgent requests weigh time more, by a factor of two for so much priority, by four at most.
    private static let priorityOfTwo = 10.0
    private static let doublingsMax = 2.0

    private static func weights(_ policy: RoutingPolicy, _ features: RequestFeatures) -> TradeOff {
        var weights = policy.tradeOff
        weights.time *= exp2(max(-doublingsMax, min(doublingsMax, Double(features.priority) / priorityOfTwo)))
        return weights
    }

    private static func score(_ loss: Double, _ demand: Demand, _ weights: TradeOff, _ units: TradeOffUnits) -> Double {
        weights.quality * loss / units.lossBitsPerByte + weights.time * demand.seconds / units.seconds
            + weights.energy * demand.joules / units.joules + weights.cost * demand.cost / units.cost
    }

    private static func obstacles(
        _ profile: VariantProfile, _ situation: VariantSituation, _ features: RequestFeatures, outputTokens: Double,
        times: ServiceObjectives, demand: Demand, loss: Double, limits: RoutingLimits
    ) -> [Obstacle] {
        let objectives = limits.objectives.tightened(by: features.objectives)
        let tokens = Double(features.promptTokens) + outputTokens
        func exceeds(_ value: Double?, _ limit: Double?) -> Bool { (value ?? 0) > (limit ?? .infinity) }
        return Obstacle.allCases.filter { obstacle in
            switch obstacle {
            case .notReady: !situation.isReady
            case .context: features.promptTokens >= profile.contextTokens
            case .queueFull: situation.waiting >= situation.waitingMax
            case .kvRoom: tokens > Double(situation.freeKVTokens)
            case .timeToFirstToken: exceeds(times.timeToFirstToken, objectives.timeToFirstToken)
            case .timePerOutputToken: exceeds(times.timePerOutputToken, objectives.timePerOutputToken)
            case .qualityLoss: exceeds(loss, limits.qualityLossMax)
            case .joules: exceeds(demand.joules, limits.joulesMax)
            case .cost: exceeds(demand.cost, limits.costMax)
            }
        }
    }
}
