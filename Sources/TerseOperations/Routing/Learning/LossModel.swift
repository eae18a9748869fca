/// By how many bits per byte a variant is worse than the best one, depending on the request.
///
/// The profiles' difference, and what a ridge regression over the request's features has learned beyond it. Differences
/// on one text have far less noise than the texts have: some are hard for every variant.
struct LossModel: Sendable, Equatable, Codable {
    private let profileLoss: Double
    private var correction = RidgeModel(
        features: FeatureVector.count, priorDeviation: Self.priorDeviation, noiseDeviation: Self.noiseDeviation)
    /// The same with the log-likelihood of an answer's first tokens as one feature more.
    private var probedCorrection = RidgeModel(
        features: FeatureVector.count + 1, priorDeviation: Self.priorDeviation, noiseDeviation: Self.noiseDeviation)
    /// The judge's disagreement with answers, the mean.
    private var disagreement = 0.0
    private var judgedAnswers = 0.0

    /// Of the weights, before anything is known: what a feature may change, in bits per byte.
    private static let priorDeviation = 0.03
    private static let noiseDeviation = 0.1
    /// Judged answers from which on their mean is known well enough.
    private static let judgedAnswersMin = 20.0
    private static let judgedAnswersRemembered = 0.998
    /// A judged answer, a rating: how many texts that both variants were scored on it counts for.
    private static let answerWeight = 0.25
    private static let ratingWeight = 0.1
    /// Bits per byte that somebody's whole dislike stands for.
    private static let ratingLoss = 0.1

    init(profileLoss: Double) { self.profileLoss = profileLoss }

    var observations: Int { correction.observations }

    var isWhole: Bool {
        correction.isWhole(features: FeatureVector.count)
            && probedCorrection.isWhole(features: FeatureVector.count + 1)
    }

    /// The loss, and how far off that may be, as a standard deviation.
    func predict(_ x: [Double]) -> (mean: Double, deviation: Double) {
        (profileLoss + correction.mean(x), correction.deviation(x))
    }

    /// The loss, given the mean log-likelihood of an answer's first tokens in nats.
    func predict(_ x: [Double], probe: Double) -> Double {
        profileLoss + probedCorrection.mean(x + [Self.feature(probe)])
    }

    private static func feature(_ probe: Double) -> Double { max(-2, min(2, probe / 2 + 1)) }

    /// Learns the loss on a text.
    /// - Returns: how much greater it was than predicted, in standard deviations.
    mutating func learn(_ x: [Double], loss: Double, probe: Double?, weight: Double = 1) -> Double {
        if let probe { probedCorrection.learn(x + [Self.feature(probe)], loss - profileLoss, weight: weight) }
        return correction.learn(x, loss - profileLoss, weight: weight)
    }

    /// Learns from an answer that was judged: one with as much disagreement as usual has the loss that was predicted
    /// for requests in the mean, one with twice as much twice the loss. The unit of the disagreement drops out.
    mutating func learn(_ x: [Double], disagreement value: Double) {
        judgedAnswers = judgedAnswers * Self.judgedAnswersRemembered + 1
        disagreement += (value - disagreement) / judgedAnswers
        guard judgedAnswers >= Self.judgedAnswersMin, disagreement > 0 else { return }
        let relative = max(-1, min(5, value / disagreement))
        correction.learn(x, profileLoss * (relative - 1), weight: Self.answerWeight)
    }

    /// Learns what somebody thinks of an answer, −1 … 1: at 0 it is as it was predicted.
    mutating func learn(_ x: [Double], rating: Double) {
        correction.learn(x, correction.mean(x) - rating * Self.ratingLoss, weight: Self.ratingWeight)
    }

    /// How many texts a single text counts for that only this variant was scored on: its noise is that of the best one,
    /// too.
    func weight(besides best: RidgeModel) -> Double {
        min(1, correction.noiseVariance / (correction.noiseVariance + best.noiseVariance))
    }
}
