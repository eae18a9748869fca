/// A generation under way: its events, and the way to end it early.
public struct Generation: Sendable {
    public let events: GenerationEvents
    private let mailbox: Mailbox

    init(_ mailbox: Mailbox) {
        self.mailbox = mailbox
        events = GenerationEvents(mailbox)
    }

    /// Ends the generation before the next step; the events go on to `finished`, with the reason `cancelled`.
    public func cancel() { mailbox.cancel() }
}

/// What happens during a generation, `finished` last, for one reader. Throws `EngineError`.
///
/// The engine never waits for the reader: one that falls behind gets the text that came meanwhile as one event, and the
/// latest progress; one that leaves a mebibyte unread is cut off with the error `unread`. Dropping the events, or cancelling
/// the task that reads them, ends the generation too.
public struct GenerationEvents: AsyncSequence, Sendable {
    public typealias Element = GenerationEvent
    public typealias Failure = EngineError

    /// Takes events one by one.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let reader: Reader

        /// The next event, waited for; nil after the last, or when the task was cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(EngineError) -> GenerationEvent? { try await reader.mailbox.next() }
    }

    /// Lives as long as anybody can read.
    fileprivate final class Reader: Sendable {
        let mailbox: Mailbox

        init(_ mailbox: Mailbox) { self.mailbox = mailbox }

        deinit { mailbox.abandon() }
    }

    private let reader: Reader

    init(_ mailbox: Mailbox) { reader = Reader(mailbox) }

    /// A second iterator takes from the same events.
    public func makeAsyncIterator() -> Iterator { Iterator(reader: reader) }
}
