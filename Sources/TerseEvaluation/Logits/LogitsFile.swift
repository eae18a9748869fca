import Foundation

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
        if isStream(path) { return try stream(tokens, to: path, model, progress) }
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

    /// Whether something that is no regular file and no directory has this name. Renaming over it would take it away from
    /// everybody.
    private static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        return kind != S_IFREG && kind != S_IFDIR
    }

    private static func stream(
        _ tokens: [Int32], to path: String, _ model: EvaluationModel, _ progress: EvaluationProgress.Handler
    ) throws(EvaluationError) {
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw EvaluationError(.system, "\(path): cannot open: \(String(cString: strerror(errno)))")
        }
        try write(tokens, to: handle, path, model, progress)
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
