import Foundation
import TerseTensor

/// Chooses the tokens of one sequence by a policy: its state of chance and its memory of recent tokens.
public struct Sampler {
    public let policy: SamplingPolicy
    /// The seed in use, given or drawn.
    public let seed: UInt64
    public let vocabularySize: Int
    private var random: RandomSource
    private var window: PenaltyWindow?
    private let bias: [(token: Int, value: Float)]

    /// - Throws: `ModelError` (`badRequest`) naming the parameter that is out of range.
    public init(_ policy: SamplingPolicy, vocabularySize: Int) throws(ModelError) {
        try policy.validate(vocabularySize: vocabularySize)
        self.policy = policy
        self.vocabularySize = vocabularySize
        var system = SystemRandomNumberGenerator()
        seed = policy.seed ?? system.next()
        random = RandomSource(seed: seed)
        window =
            policy.hasPenalties ? PenaltyWindow(size: policy.penaltyWindow, vocabularySize: vocabularySize) : nil
        bias = policy.logitBias.map { (Int($0.key), $0.value) }.sorted { $0.token < $1.token }
    }

    /// How many of the greatest logits decide a choice; nil: all of them may.
    public var logitsWanted: Int? {
        guard bias.isEmpty, window == nil else { return nil }
        return policy.isGreedy ? 1 : policy.topK > 0 ? policy.topK : nil
    }

    /// Tells the sampler of a token of the sequence, of the prompt or chosen, for the penalties.
    public mutating func accept(_ token: Int32) {
        window?.append(token)
    }

    /// Uses up the chance of one choice that was made elsewhere from the same seed.
    public mutating func skip() {
        if !policy.isGreedy { _ = random.nextUniform() }
    }

    /// Chooses a token; does not `accept` it.
    ///
    /// - Parameters:
    ///   - logits: [vocabulary]; bias and penalties change them in place.
    ///   - candidates: scratch memory, which sequences of one thread share.
    /// - Throws: `ModelError` (`notFinite`) when a logit is not a number or +infinity, or all are −infinity.
    public mutating func sample(
        _ logits: UnsafeMutableBufferPointer<Float>, candidates: CandidateSet
    ) throws(ModelError) -> Int32 {
        guard logits.count == vocabularySize, candidates.vocabularySize >= vocabularySize else {
            throw ModelError(
                .badRequest, "sampling: expected \(vocabularySize) logits, found \(logits.count)")
        }
        for (token, value) in bias { logits[token] += value }
        penalize(logits)
        let greatest = try Self.greatest(UnsafeBufferPointer(logits))
        guard !policy.isGreedy else { return Int32(greatest) }
        filter(UnsafeBufferPointer(logits), candidates)
        candidates.normalize(temperature: policy.temperature)
        return candidates.choose(random.nextUniform())
    }

    /// The steps from top-k to min-p.
    private func filter(_ logits: UnsafeBufferPointer<Float>, _ candidates: CandidateSet) {
        if policy.topK > 0 {
            candidates.fill(logits, greatest: policy.topK)
        } else {
            candidates.fill(logits)
        }
        if policy.typicalP < 1 {
            candidates.normalize()
            let entropy = candidates.entropy()
            candidates.setKeys { _, probability in
                probability > 0 ? Float(abs(-log(Double(probability)) - entropy)) : .infinity
            }
            candidates.keepPrefix(of: Double(policy.typicalP), exceeding: true)
        }
        if policy.topP < 1 {
            candidates.normalize()
            candidates.setKeys { logit, _ in -logit }
            candidates.keepPrefix(of: Double(policy.topP))
        }
        if policy.minP > 0 {
            candidates.normalize()
            let least = candidates.greatestProbability() * policy.minP
            candidates.keep { $0 >= least }
        }
    }

    private mutating func penalize(_ logits: UnsafeMutableBufferPointer<Float>) {
        let policy = policy
        window?.forEach { token, occurrences in
            let logit = logits[token]
            let repeated = logit <= 0 ? logit * policy.repetitionPenalty : logit / policy.repetitionPenalty
            logits[token] = repeated - Float(occurrences) * policy.frequencyPenalty - policy.presencePenalty
        }
    }

    /// The first index of the greatest logit.
    private static func greatest(_ logits: UnsafeBufferPointer<Float>) throws(ModelError) -> Int {
        var isBad = false
        for logit in logits { isBad = isBad || !(logit < .infinity) }
        guard !isBad else {
            let index = logits.firstIndex { !($0 < .infinity) }!
            throw ModelError(
                .notFinite, "the logit of token \(index) is \(logits[index]): the model or its input is damaged")
        }
        let index = VectorMath.argmax(logits.baseAddress!, count: logits.count)
        guard logits[index] > -.infinity else {
            throw ModelError(.notFinite, "every token's logit is -inf: none can be chosen")
        }
        return index
    }
}

extension CandidateSet {
    /// Expected information of the candidates, in nats.
    func entropy() -> Double {
        var sum = 0.0
        for index in 0..<count {
            let probability = Double(probability(at: index))
            if probability > 0 { sum -= probability * log(probability) }
        }
        return sum
    }

    func greatestProbability() -> Float {
        var greatest: Float = 0
        for index in 0..<count { greatest = max(greatest, probability(at: index)) }
        return greatest
    }
}
