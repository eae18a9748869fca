import Synchronization

/// A request's place in the queue of those that are tried again in groups; given up at the latest when nobody has it any more.
final class RetryTicket: Sendable {
    private let number: RetryQueue.Number
    private let slot: WorkerSlot
    private let hasEnded = Mutex(false)

    init(_ slot: WorkerSlot) {
        self.slot = slot
        number = slot.changeRetries { $0.join() }
    }

    deinit { end() }

    /// Waits until the request may run.
    /// - Throws: `CancellationError`.
    func turn() async throws { try await slot.waitUntilOut(number) }

    /// The request has lost its worker, and waits for its next turn.
    /// - Returns: whether it was the only one that ran.
    func died() -> Bool { slot.changeRetries { $0.died(number) } }

    /// The request got further, or is answered.
    func end() {
        let isFirst = hasEnded.withLock { ended in
            defer { ended = true }
            return !ended
        }
        if isFirst { slot.changeRetries { $0.leave(number) } }
    }
}
