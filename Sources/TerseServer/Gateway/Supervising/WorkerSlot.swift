import Synchronization
import TerseOperations

/// The place of one model's worker: where it listens, and whether it does at the moment.
final class WorkerSlot: Sendable {
    private struct State: Sendable {
        var isReady = false
        var starts = 0
        var version = ""
        var vocabulary = ""
        var hasBeenReady = false
        var role: Role
        var failure: String?
        var load = SlotLoad()
        var isRetired = false
        var retries = RetryQueue()
        var waiters: [Int: Waiter] = [:]
        var lastWaiter = 0

        /// Whether there is a worker, or will be none.
        var isSettled: Bool { isReady || failure != nil || isRetired }
    }

    private struct Waiter: Sendable {
        let condition: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// What its worker is for.
    enum Role: Sendable {
        /// Without it the model is not served.
        case live
        /// Beside it during a rollout, with the same weights.
        case control
        /// Is not started again when it dies.
        case candidate
    }

    let model: String
    /// The Unix socket.
    let socket: String
    private let state: Mutex<State>
    private let pieces = Atomic(0)

    init(model: String, socket: String, role: Role = .live) {
        self.model = model
        self.socket = socket
        state = Mutex(State(role: role))
    }

    var isReady: Bool { state.withLock { $0.isReady } }
    /// Workers started up to now.
    var starts: Int { state.withLock { $0.starts } }

    func started() { change { $0.starts += 1 } }

    /// What stands for the weights that answer.
    var version: String { state.withLock { $0.version } }

    /// Whether any of its workers ever was ready.
    var hasBeenReady: Bool { state.withLock { $0.hasBeenReady } }

    /// What stands for the tokens of its model.
    var vocabulary: String { state.withLock { $0.vocabulary } }

    /// Whether it cannot be told what one would make of tokens that the other chose; of one that was never ready nothing is
    /// known.
    func hasOtherTokens(than other: WorkerSlot) -> Bool {
        let (own, others) = (vocabulary, other.vocabulary)
        return !own.isEmpty && !others.isEmpty && own != others
    }

    func becameReady(version: String, vocabulary: String = "") {
        change { state in
            (state.isReady, state.hasBeenReady) = (true, true)
            (state.version, state.vocabulary) = (version, vocabulary)
            state.load.forget()
        }
    }

    func ended() { change { $0.isReady = false } }

    // MARK: Trials

    var role: Role { state.withLock { $0.role } }

    /// It is the one that is live from now on, and its worker is started again when it dies.
    /// - Returns: false where there is none that could be: nothing has changed then.
    func becomeLive() -> Bool {
        change { state in
            guard state.isReady, state.failure == nil else { return false }
            state.role = .live
            return true
        }
    }

    /// Why there will be no worker any more; nil while there may be one.
    var failure: String? { state.withLock { $0.failure } }

    func fail(_ reason: String) { change { $0.failure = $0.failure ?? reason } }

    /// Somebody may send it a request, of so many tokens as far as anybody knows.
    func beginUse(promptTokens: Int) { change { $0.load.begin(promptTokens: promptTokens) } }

    func endUse(promptTokens: Int) { change { $0.load.end(promptTokens: promptTokens) } }

    /// Its worker says how busy it is.
    func tell(_ load: WorkerLoad) { state.withLock { $0.load.take(load) } }

    /// How busy it is, without asking.
    var situation: VariantSituation { state.withLock { $0.load.situation(isReady: $0.isReady) } }

    /// Whether nobody needs it.
    var isIdle: Bool { state.withLock { $0.isReady && $0.load.requests == 0 } }

    /// Nobody begins a request any more: its worker may go when those under way are done.
    func retire() { change { $0.isRetired = true } }

    var isRetired: Bool { state.withLock { $0.isRetired } }

    /// - Throws: `CancellationError`.
    func waitUntilRetired() async throws { try await wait { $0.isRetired } }

    /// - Throws: `CancellationError`; the error given when requests still need it after so long.
    func waitUntilUnused(within timeout: Duration, orThrow error: any Error) async throws {
        try await Deadline.race(timeout, orThrow: error) { try await self.wait { $0.load.requests == 0 } }
    }

    /// Pieces of streams that came from its workers up to now.
    var pieceCount: Int { pieces.load(ordering: .relaxed) }

    func countPiece() { pieces.add(1, ordering: .relaxed) }

    @discardableResult
    func changeRetries<Result: Sendable>(_ body: (inout RetryQueue) -> Result) -> Result {
        change { body(&$0.retries) }
    }

    /// Waits until a request in the queue of those that are tried again may run.
    /// - Throws: `CancellationError`.
    func waitUntilOut(_ number: RetryQueue.Number) async throws { try await wait { $0.retries.isOut(number) } }

    /// Waits for a worker that accepts requests, or until it is known that there will be none.
    /// - Throws: `APIError` (503) when none does within the time, if there is one; `CancellationError`.
    func waitUntilReady(within timeout: Duration? = nil) async throws {
        guard !isReady else { return }
        guard let timeout else { return try await wait(until: \.isSettled) }
        try await Deadline.race(timeout, orThrow: notReady) { try await self.wait(until: \.isSettled) }
    }

    /// What is told of a worker that nobody can wait for any longer.
    var notReady: APIError {
        APIError(.serviceUnavailable, .unavailable, "the model \"\(model)\" is not ready", retryAfter: .seconds(2))
    }

    /// Changes the state, and wakes whom it lets go on.
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, woken) = state.withLock { state in
            let result = body(&state)
            let woken = state.waiters.filter { $0.value.condition(state) }
            for number in woken.keys { state.waiters[number] = nil }
            return (result, woken.values.map(\.continuation))
        }
        for continuation in woken { continuation.resume() }
        return result
    }

    private func wait(until condition: @escaping @Sendable (State) -> Bool) async throws {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if condition(state) { return .success(()) }
                    state.waiters[number] = Waiter(condition: condition, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}
