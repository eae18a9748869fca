import Foundation

/// What became of a request.
public struct RequestOutcome: Sendable, Equatable {
    public var failed: Bool
    /// Seconds; nil where there is none.
    public var timeToFirstToken: Double?
    /// Seconds; nil where there is none.
    public var timePerOutputToken: Double?
    /// The mean log-likelihood of the answer's tokens in nats; nil for an answer that nobody scored.
    public var quality: Double?

    /// A number that is none counts as a failure, a time that is not positive as one that was not measured.
    public init(
        failed: Bool = false, timeToFirstToken: Double? = nil, timePerOutputToken: Double? = nil, quality: Double? = nil
    ) {
        let numbers = [timeToFirstToken, timePerOutputToken, quality]
        self.failed = failed || numbers.contains { $0.map { !$0.isFinite } ?? false }
        self.timeToFirstToken = timeToFirstToken.flatMap { $0 > 0 ? $0 : nil }
        self.timePerOutputToken = timePerOutputToken.flatMap { $0 > 0 ? $0 : nil }
        self.quality = quality
    }
}

/// Values of two groups, the n-th of the one with the n-th of the other.
private struct Pairing: Sendable, Equatable, Codable {
    /// Values of one group that wait for one of the other.
    private var waiting: [Double] = []
    private var next = 0
    private var waitsForCandidate = false

    /// More of one group than this, beyond the other's, are not counted.
    private static let waitingMax = 4096

    /// - Returns: a pair, once there is one.
    mutating func add(_ value: Double, isCandidate: Bool) -> (candidate: Double, control: Double)? {
        guard next < waiting.count, waitsForCandidate == isCandidate else {
            if next == waiting.count { (waiting, next) = ([], 0) }
            guard waiting.count < Self.waitingMax else { return nil }
            waiting.append(value)
            waitsForCandidate = !isCandidate
            return nil
        }
        let other = waiting[next]
        next += 1
        return isCandidate ? (value, other) : (other, value)
    }
}

/// All that was observed of a candidate and its control group.
struct RolloutEvidence: Sendable, Equatable, Codable {
    private(set) var errors = PairedErrors()
    private var firstToken = PairedMeans()
    private var outputToken = PairedMeans()
    private var quality = PairedMeans()
    private var errorPairing = Pairing()
    private var firstTokenPairing = Pairing()
    private var outputTokenPairing = Pairing()
    private var qualityPairing = Pairing()

    mutating func add(_ outcome: RequestOutcome, isCandidate: Bool) {
        if let pair = errorPairing.add(outcome.failed ? 1 : 0, isCandidate: isCandidate) {
            errors.add(candidateFailed: pair.candidate > 0, controlFailed: pair.control > 0)
        }
        guard !outcome.failed else { return }
        if let time = outcome.timeToFirstToken, let pair = firstTokenPairing.add(log(time), isCandidate: isCandidate) {
            firstToken.add(candidate: pair.candidate, control: pair.control)
        }
        if let time = outcome.timePerOutputToken, let pair = outputTokenPairing.add(log(time), isCandidate: isCandidate)
        {
            outputToken.add(candidate: pair.candidate, control: pair.control)
        }
        // Less is worse.
        if let score = outcome.quality, let pair = qualityPairing.add(-score, isCandidate: isCandidate) {
            quality.add(candidate: pair.candidate, control: pair.control)
        }
    }

    func judge(_ criterion: RolloutCriterion, rollbackRisk: Double, promotionRisk: Double) -> RolloutJudgement {
        let limits = criterion.limits
        let (pairs, difference, bounds) =
            switch criterion.metric {
            case .errorRate: (errors.pairs, errors.difference, errors.bounds(rollbackRisk, promotionRisk))
            case .timeToFirstToken: figures(firstToken, rollbackRisk, promotionRisk)
            case .timePerOutputToken: figures(outputToken, rollbackRisk, promotionRisk)
            case .quality: figures(quality, rollbackRisk, promotionRisk)
            }
        let verdict: RolloutJudgement.Verdict =
            bounds.lower > limits.tolerated ? .breached : bounds.upper < limits.intolerable ? .met : .undecided
        return RolloutJudgement(
            criterion: criterion, pairs: pairs, worsening: criterion.stated(difference),
            lower: criterion.stated(bounds.lower), upper: criterion.stated(bounds.upper), verdict: verdict)
    }

    private func figures(
        _ means: PairedMeans, _ rollbackRisk: Double, _ promotionRisk: Double
    ) -> (Int, Double, (lower: Double, upper: Double)) {
        (means.pairs, means.difference, means.bounds(rollbackRisk, promotionRisk))
    }
}

/// How a candidate compares by one criterion.
public struct RolloutJudgement: Sendable, Equatable {
    public enum Verdict: String, Sendable {
        /// It is surely worse than is tolerated.
        case breached
        /// It is surely better than what is intolerable.
        case met
        /// There is too little evidence for either.
        case undecided
    }

    public let criterion: RolloutCriterion
    /// How many requests of each group were compared.
    public let pairs: Int
    /// By how much the candidate is worse, in the criterion's unit; negative where it is better.
    public let worsening: Double
    /// Bounds of it that hold at all times at once.
    public let lower: Double
    public let upper: Double
    public let verdict: Verdict
}
