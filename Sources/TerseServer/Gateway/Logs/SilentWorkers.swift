import Logging
import Synchronization

/// Logs workers that did not tell of themselves when they were asked, each once in a while: pages are made without them.
final class SilentWorkers: Sendable {
    /// Between two entries of one worker.
    static let interval = Duration.seconds(60)

    private let throttle = Mutex(LogThrottle<String>(interval: interval))
    private let epoch = ContinuousClock.now

    /// - Parameters:
    ///   - model: the worker's.
    ///   - path: what it was asked.
    func log(_ model: String, _ path: String, _ error: any Error, to logger: Logger) {
        let kept = throttle.withLock { $0.pass(model, now: epoch.duration(to: .now)) }
        guard let kept else { return }
        logger.warning(
            "worker did not tell of itself",
            metadata: ["model": "\(model)", "asked": "\(path)", "error": "\(error)", "not_logged_before": "\(kept)"])
    }
}
