import Foundation

/// Adds up the divergence of rows of logits.
struct DivergenceMeasure {
    private var mean = RunningMean()
    private var values: [Double] = []
    private var agreements = 0
    private var parts: [Divergence.Part] = []

    var count: Int { values.count }
    var current: Double { mean.mean }

    /// Adds the divergence of a position's logits, both over the same vocabulary.
    /// - Throws: `EvaluationError` (`model`) when they are not numbers, naming the position among those added.
    mutating func add(
        _ reference: UnsafeBufferPointer<Float>, _ other: UnsafeBufferPointer<Float>
    ) throws(EvaluationError) {
        precondition(reference.count == other.count && !reference.isEmpty)
        let (left, right) = (Distribution(reference), Distribution(other))
        var sum = 0.0
        for token in reference.indices {
            let expected = Double(reference[token]) - left.logSumExp
            // A token that cannot be adds nothing.
            if expected > -.infinity { sum += exp(expected) * (expected - (Double(other[token]) - right.logSumExp)) }
        }
        guard left.logSumExp.isFinite, right.logSumExp.isFinite else {
            let side = left.logSumExp.isFinite ? "other" : "reference"
            throw EvaluationError(.model, "the \(side)'s logits at position \(count) are not all numbers")
        }
        guard sum.isFinite else {
            throw EvaluationError(.model, "the divergence at position \(count) is \(sum)")
        }
        mean.add(sum)
        values.append(sum)
        if left.greatest == right.greatest { agreements += 1 }
    }

    /// Ends a part: what was added since the last one.
    mutating func endPart() {
        let first = parts.reduce(0) { $0 + $1.tokens }
        guard first < count else { return }
        parts.append(
            Divergence.Part(
                nats: values[first...].reduce(0, +), agreements: agreements - parts.reduce(0) { $0 + $1.agreements },
                tokens: count - first))
    }

    /// What a row of logits says as a whole.
    private struct Distribution {
        /// The first of the most probable tokens.
        var greatest = 0
        let logSumExp: Double

        init(_ logits: UnsafeBufferPointer<Float>) {
            for token in logits.indices where logits[token] > logits[greatest] { greatest = token }
            let shift = Double(logits[greatest])
            logSumExp = shift + log(logits.reduce(0) { $0 + exp(Double($1) - shift) })
        }
    }

    var result: Divergence {
        let sorted = values.sorted()
        let rank = Int((0.99 * Double(sorted.count)).rounded(.up))
        return Divergence(
            mean: mean.mean, standardError: mean.standardError,
            percentile99: sorted.isEmpty ? 0 : sorted[max(rank, 1) - 1],
            greatest: sorted.last ?? 0, agreement: Double(agreements) / Double(max(count, 1)), tokens: count,
            parts: parts)
    }
}
