import TerseFormats

/// A file of logits: float32, little-endian, [tokens, vocabulary], position by position.
public enum LogitsFile {
    /// Writes the logits of every position of `tokens`, a few rows in memory at a time.
    ///
    /// The file appears under its name when it is whole. A device or pipe of that name is written to as it stands.
    /// - Throws: `EvaluationError`: `badRequest` for tokens outside the vocabulary or more than the context holds,
    ///   `model`, `system`, `cancelled`.
    public static func write(
        _ tokens: [Int32], to path: String, with model: EvaluationModel,
        progress: EvaluationProgress.Handler = { _ in true }
    ) throws(EvaluationError) {
        guard !tokens.isEmpty else { throw EvaluationError(.badRequest, "there are no tokens") }
        let file = try system { () throws(FormatError) in try OutputFile(path: path) }
        var done = 0
        try rows(of: tokens, model) { (count, logits) throws(EvaluationError) in
            try system { () throws(FormatError) in try file.write(UnsafeRawBufferPointer(logits)) }
            done += count
            guard progress(EvaluationProgress(done: done, total: tokens.count, current: 0)) else {
                throw EvaluationError(.cancelled, "cancelled after \(done) of \(tokens.count) tokens")
            }
        }
        try system { () throws(FormatError) in try file.commit() }
    }

    private static func system<Result>(_ body: () throws(FormatError) -> Result) throws(EvaluationError) -> Result {
        do { return try body() } catch { throw EvaluationError(.system, error.message) }
    }

    /// Calls `body` with the logits of a few positions at a time, in order.
    static func rows(
        of tokens: [Int32], _ model: EvaluationModel,
        _ body: (_ count: Int, _ logits: UnsafeMutableBufferPointer<Float>) throws(EvaluationError) -> Void
    ) throws(EvaluationError) {
        model.sequence.truncate(to: 0)
        try model.run(tokens, outputs: .all) { (chunk) throws(EvaluationError) in
            let most = model.runner.head.maxRows
            for first in stride(from: 0, to: chunk.count, by: most) {
                let count = min(most, chunk.count - first)
                try body(count, model.runner.logits(first: first, count: count))
            }
        }
    }
}
