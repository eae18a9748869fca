import Foundation

/// The Kullback-Leibler divergence of predictions from those of a reference: D(reference ‖ other), in nats a token.
public struct Divergence: Sendable, Equatable {
    public let mean: Double
    public let standardError: Double
    /// The greatest of any position.
    public let greatest: Double
    /// Share of positions at which both find the same token most probable.
    public let agreement: Double
    public let tokens: Int

    /// Compares two files of logits.
    /// - Throws: `EvaluationError`: `mismatch` when their sizes differ or are no whole number of rows of `vocabulary`,
    ///   `model` when logits are not numbers, `system`.
    public static func between(
        reference: String, other: String, vocabularySize: Int
    ) throws(EvaluationError) -> Divergence {
        let (left, right) = (try data(reference), try data(other))
        let rowBytes = vocabularySize * MemoryLayout<Float>.stride
        guard left.count == right.count, rowBytes > 0, left.count % rowBytes == 0, !left.isEmpty else {
            throw EvaluationError(
                .mismatch, "\(reference) has \(left.count) bytes, \(other) \(right.count), a row of logits \(rowBytes)")
        }
        var measure = DivergenceMeasure()
        for start in stride(from: 0, to: left.count, by: rowBytes) {
            try measure.add(floats(left, start, vocabularySize), floats(right, start, vocabularySize))
        }
        return measure.result
    }

    /// Compares a model with a reference on the same tokens, side by side.
    /// - Throws: `EvaluationError`: `mismatch` when the vocabularies differ, `badRequest`, `model`.
    public static func between(
        reference: EvaluationModel, other: EvaluationModel, tokens: [Int32]
    ) throws(EvaluationError) -> Divergence {
        let vocabulary = reference.vocabularySize
        guard vocabulary == other.vocabularySize else {
            throw EvaluationError(
                .mismatch,
                "\(reference.runner.model.path) has \(vocabulary) tokens, \(other.runner.model.path) \(other.vocabularySize)"
            )
        }
        var measure = DivergenceMeasure()
        let chunk = min(
            reference.batch.maxRows, other.batch.maxRows, reference.runner.head.maxRows, other.runner.head.maxRows)
        reference.sequence.truncate(to: 0)
        other.sequence.truncate(to: 0)
        for start in stride(from: 0, to: tokens.count, by: chunk) {
            let part = tokens[start..<min(start + chunk, tokens.count)]
            try reference.run(part, outputs: .all)
            try other.run(part, outputs: .all)
            let left = reference.runner.logits(count: part.count)
            let right = other.runner.logits(count: part.count)
            for row in 0..<part.count {
                let range = row * vocabulary..<(row + 1) * vocabulary
                try measure.add(Array(left[range]), Array(right[range]))
            }
        }
        return measure.result
    }

    private static func data(_ path: String) throws(EvaluationError) -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw EvaluationError(.system, "\(path): cannot read: \(error.localizedDescription)")
        }
    }

    private static func floats(_ data: Data, _ start: Int, _ count: Int) -> [Float] {
        data.withUnsafeBytes { bytes in
            (0..<count).map { index in
                let pattern = bytes.loadUnaligned(fromByteOffset: start + index * 4, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: pattern))
            }
        }
    }
}

/// Adds up the divergence of rows of logits.
struct DivergenceMeasure {
    private var mean = RunningMean()
    private var greatest = 0.0
    private var agreements = 0

    mutating func add(_ reference: [Float], _ other: [Float]) throws(EvaluationError) {
        let (left, right) = (Self.logSumExp(reference), Self.logSumExp(other))
        var sum = 0.0
        for (a, b) in zip(reference, other) {
            let p = Double(a) - left
            if p > -.infinity { sum += exp(p) * (p - (Double(b) - right)) }
        }
        guard sum.isFinite, left.isFinite, right.isFinite else {
            throw EvaluationError(.model, "the divergence at position \(mean.count) is \(sum)")
        }
        mean.add(sum)
        greatest = max(greatest, sum)
        if Self.argmax(reference) == Self.argmax(other) { agreements += 1 }
    }

    var result: Divergence {
        Divergence(
            mean: mean.mean, standardError: mean.standardError, greatest: greatest,
            agreement: Double(agreements) / Double(max(mean.count, 1)), tokens: mean.count)
    }

    private static func logSumExp(_ row: [Float]) -> Double {
        let greatest = Double(row.max() ?? 0)
        return greatest + log(row.reduce(0) { $0 + exp(Double($1) - greatest) })
    }

    private static func argmax(_ row: [Float]) -> Int { row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
}
