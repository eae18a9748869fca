import TerseTensor

/// What a model thought of the tokens that could come next: natural logarithms of probabilities, of its logits as they were,
/// before bias, penalties, masks and temperature.
public struct LogProbabilities: Sendable, Equatable {
    /// A token and its logarithmic probability.
    public struct Entry: Sendable, Equatable {
        public let token: Int32
        public let logProbability: Float

        public init(token: Int32, logProbability: Float) {
            self.token = token
            self.logProbability = logProbability
        }
    }

    /// Of the token that was chosen.
    public let chosen: Float
    /// The most probable ones, the most probable first, of equal ones the lower id.
    public let top: [Entry]

    /// The most entries of `top`: as many as OpenAI's API gives.
    public static let topCountMax = 20
}

/// Keeps a row of logits as the model gave them until a token is chosen.
///
/// Memory for one row, taken once; untouched until it is needed.
public final class LogProbabilityRecord {
    private let logits: AlignedBuffer<Float>
    private let candidates: CandidateSet

    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for a row.
    public init(vocabularySize: Int) throws(ModelError) {
        logits = try ModelError.reserving("a row of \(vocabularySize) logits") { () throws(TensorError) in
            try AlignedBuffer(count: vocabularySize)
        }
        candidates = try CandidateSet(vocabularySize: vocabularySize)
    }

    /// Bytes that a record reserves.
    public static func byteCount(vocabularySize: Int) -> Int {
        vocabularySize * MemoryLayout<Float>.stride + CandidateSet.byteCount(vocabularySize: vocabularySize)
    }

    /// Copies a row.
    public func take(_ row: UnsafeMutableBufferPointer<Float>) {
        precondition(row.count == logits.count, "\(row.count) logits where \(logits.count) are kept")
        logits.pointer.update(from: row.baseAddress!, count: row.count)
    }

    /// What the row kept says of a token, and of the `top` most probable ones.
    public func probabilities(of token: Int32, top: Int) -> LogProbabilities {
        let shift = VectorMath.logSumExp(logits.pointer, count: logits.count)
        func value(_ logit: Float) -> Float { Float(Double(logit) - shift) }
        var entries: [LogProbabilities.Entry] = []
        if top > 0 {
            candidates.fill(UnsafeBufferPointer(start: logits.pointer, count: logits.count), greatest: top)
            entries = (0..<candidates.count).map { index in
                LogProbabilities.Entry(
                    token: candidates.token(at: index), logProbability: value(candidates.logit(at: index)))
            }
            entries.sort { ($1.logProbability, $0.token) < ($0.logProbability, $1.token) }
        }
        return LogProbabilities(chosen: value(logits.pointer[Int(token)]), top: entries)
    }
}
