import Synchronization

/// The place of one model's worker: where it listens, and whether it does at the moment.
final class WorkerSlot: Sendable {
    private struct State {
        var isReady = false
        var starts = 0
        var version = ""
        var hasBeenReady = false
        var retries = RetryLine()
    }

    let model: String
    /// The Unix socket.
    let socket: String
    private let state = Mutex(State())

    /// How often a worker that is starting is asked after.
    private static let pollInterval = Duration.milliseconds(10)

    init(model: String, socket: String) {
        self.model = model
        self.socket = socket
    }

    var isReady: Bool { state.withLock { $0.isReady } }
    /// Workers started up to now.
    var starts: Int { state.withLock { $0.starts } }

    func started() { state.withLock { $0.starts += 1 } }

    /// What stands for the weights that answer.
    var version: String { state.withLock { $0.version } }

    /// Whether any of its workers ever was ready.
    var hasBeenReady: Bool { state.withLock { $0.hasBeenReady } }

    func becameReady(version: String) {
        state.withLock { ($0.isReady, $0.hasBeenReady, $0.version) = (true, true, version) }
    }

    func ended() { state.withLock { $0.isReady = false } }

    func joinRetries() -> RetryLine.Number { state.withLock { $0.retries.join() } }

    func hasTurn(_ number: RetryLine.Number) -> Bool { state.withLock { $0.retries.hasTurn(number) } }

    func leaveRetries(_ number: RetryLine.Number) { state.withLock { $0.retries.leave(number) } }

    /// Waits for a worker that accepts requests.
    /// - Throws: `APIError` (503) when none does within the time, if there is one.
    func waitUntilReady(within timeout: Duration? = nil) async throws {
        try await wait(within: timeout) { isReady }
    }

    /// Waits until it is the turn of a request whose workers died.
    /// - Throws: `APIError` (503) when that is not so within the time.
    func wait(for turn: RetryTurn, within timeout: Duration) async throws {
        try await wait(within: timeout) { turn.hasCome }
    }

    private func wait(within timeout: Duration?, until condition: () -> Bool) async throws {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        while !condition() {
            if let deadline, ContinuousClock.now >= deadline {
                throw APIError(
                    .serviceUnavailable, .unavailable, "the model \"\(model)\" is not ready", retryAfter: .seconds(2))
            }
            try await Task.sleep(for: Self.pollInterval)
        }
    }
}
