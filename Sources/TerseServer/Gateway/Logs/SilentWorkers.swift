import Logging
import Synchronization

/// Logs workers that did not answer when they were asked how they are, each once in a while: pages are made without them.
final class SilentWorkers: Sendable {
    private struct Entry: Sendable {
        var last: Duration
        var suppressed = 0
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let epoch = ContinuousClock.now

    /// Between two entries of one worker.
    static let interval = Duration.seconds(60)

    /// - Parameters:
    ///   - model: the worker's.
    ///   - path: what it was asked.
    func log(_ model: String, _ path: String, _ error: any Error, to logger: Logger) {
        guard let suppressed = pass(model, now: epoch.duration(to: .now)) else { return }
        logger.warning(
            "worker did not answer",
            metadata: ["model": "\(model)", "path": "\(path)", "error": "\(error)", "suppressed": "\(suppressed)"])
    }

    /// - Returns: how many entries of the worker were not logged since the last that was; nil: this one is not either.
    func pass(_ model: String, now: Duration) -> Int? {
        entries.withLock { entries in
            guard let entry = entries[model], now - entry.last < Self.interval else {
                return entries.updateValue(Entry(last: now), forKey: model)?.suppressed ?? 0
            }
            entries[model]?.suppressed += 1
            return nil
        }
    }
}
