import Synchronization

/// A place in the line of requests that are tried again one at a time; given up at the latest when nobody has it any more.
final class RetryTurn: Sendable {
    private let number: RetryLine.Number
    private let slot: WorkerSlot
    private let hasEnded = Mutex(false)

    init(_ slot: WorkerSlot) {
        self.slot = slot
        number = slot.joinRetries()
    }

    deinit { end() }

    var hasCome: Bool { slot.hasTurn(number) }

    /// The request got further, is answered or has lost its worker: the next may be tried.
    func end() {
        let isFirst = hasEnded.withLock { ended in
            defer { ended = true }
            return !ended
        }
        if isFirst { slot.leaveRetries(number) }
    }
}
