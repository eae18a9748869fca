import Synchronization

/// Carries a generation's events from the generator's thread to its reader, and the wish to end it the other way.
///
/// Never keeps the thread waiting and never grows with the number of events, however far the reader falls behind: of the
/// progress the latest is kept, text is joined.
final class Mailbox: Sendable {
    private struct State {
        var progress: GenerationEvent?
        var text = ""
        /// The summary or error that comes last.
        var end: Result<GenerationSummary, EngineError>?
        /// Nothing more will be taken: the end was, or nobody reads any more.
        var isClosed = false
        var readers: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { progress == nil && text.isEmpty && end == nil && !isClosed }
    }

    private let state = Mutex(State())
    private let cancelled = Atomic(false)

    /// Whether the generation should end.
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Nobody reads any more.
    func abandon() {
        cancel()
        change { state in
            (state.progress, state.text, state.end) = (nil, "", nil)
            state.isClosed = true
        }
    }

    func put(_ event: GenerationEvent) {
        change { state in
            switch event {
            case .prompt: state.progress = event
            case .text(let text): state.text += text
            case .finished(let summary): state.end = .success(summary)
            }
        }
    }

    /// Ends the events with an error, after those that are there.
    func fail(_ error: EngineError) { change { $0.end = .failure(error) } }

    /// The next event, waited for; nil after the last, or when the task that asks was cancelled.
    func next() async throws(EngineError) -> GenerationEvent? {
        while true {
            if let event = take() { return try event.get() }
            await waitForMail()
        }
    }

    /// What is next, nil within for the end; nil when nothing is there yet.
    private func take() -> Result<GenerationEvent?, EngineError>? {
        state.withLock { state in
            if state.isClosed { return .success(nil) }
            if let progress = state.progress {
                state.progress = nil
                return .success(progress)
            }
            if !state.text.isEmpty {
                defer { state.text = "" }
                return .success(.text(state.text))
            }
            guard let end = state.end else { return nil }
            state.isClosed = true
            return end.map { .finished($0) }
        }
    }

    private func waitForMail() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let mustWait = state.withLock { state in
                    if state.isEmpty { state.readers.append(reader) }
                    return state.isEmpty
                }
                if !mustWait { reader.resume() }
            }
        } onCancel: {
            abandon()
        }
    }

    /// Changes the state, unless it is closed, and wakes who waits for that.
    private func change(_ body: (inout sending State) -> Void) {
        let readers = state.withLock { state in
            if !state.isClosed { body(&state) }
            defer { state.readers.removeAll() }
            return state.readers
        }
        for reader in readers { reader.resume() }
    }
}
