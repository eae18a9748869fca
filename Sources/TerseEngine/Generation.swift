import Synchronization

/// A generation under way: its events, and the way to end it early.
public struct Generation: Sendable {
    /// What happens, `finished` last. Throws `EngineError`.
    ///
    /// Dropping the sequence, or cancelling the task that reads it, ends the generation too.
    public let events: AsyncThrowingStream<GenerationEvent, any Error>
    let cancellation: Cancellation

    /// Ends the generation within a layer's time; the events go on to `finished`, with the reason `cancelled`.
    public func cancel() { cancellation.cancel() }
}

/// Whether a generation should end, and whether anybody waits for its events.
final class Cancellation: Sendable {
    private let cancelled = Atomic(false)
    private let abandoned = Atomic(false)

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// The reader went away.
    func abandon() {
        abandoned.store(true, ordering: .relaxed)
        cancel()
    }
}
