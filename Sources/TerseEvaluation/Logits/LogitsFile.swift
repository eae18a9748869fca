import Foundation

/// A file of logits: float32, little-endian, [tokens, vocabulary], position by position.
public enum LogitsFile {
    /// Writes the logits of every position of `tokens`, a few rows in memory at a time.
    ///
    /// The file appears under its name when it is whole.
    /// - Throws: `EvaluationError`: `badRequest` for tokens outside the vocabulary or more than the context holds,
    ///   `model`, `system`, `cancelled`.
    public static func write(
        _ tokens: [Int32], to path: String, with model: EvaluationModel,
        progress: EvaluationProgress.Handler = { _ in true }
    ) throws(EvaluationError) {
        guard !tokens.isEmpty else { throw EvaluationError(.badRequest, "there are no tokens") }
        let partial = path + ".partial"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else { throw EvaluationError(.system, "\(partial): cannot create: \(String(cString: strerror(errno)))") }
        do {
            try write(tokens, to: handle, path, model, progress)
            try handle.close()
            guard rename(partial, path) == 0 else {
                throw EvaluationError(.system, "\(path): cannot rename \(partial): \(String(cString: strerror(errno)))")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error as? EvaluationError ?? EvaluationError(.system, "\(path): \(error.localizedDescription)")
        }
    }

    private static func write(
        _ tokens: [Int32], to handle: FileHandle, _ path: String, _ model: EvaluationModel,
        _ progress: EvaluationProgress.Handler
    ) throws(EvaluationError) {
        var done = 0
        try rows(of: tokens, model) { (count, logits) throws(EvaluationError) in
            do {
                try handle.write(
                    contentsOf: Data(
                        bytesNoCopy: UnsafeMutableRawPointer(logits.baseAddress!),
                        count: logits.count * MemoryLayout<Float>.stride, deallocator: .none))
            } catch {
                throw EvaluationError(.system, "\(path): cannot write: \(error.localizedDescription)")
            }
            done += count
            guard progress(EvaluationProgress(done: done, total: tokens.count, current: 0)) else {
                throw EvaluationError(.cancelled, "cancelled after \(done) of \(tokens.count) tokens")
            }
        }
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
