import Synchronization

/// Carries a generation's events from the generator's thread to its reader, and the wish to end it the other way.
///
/// Never keeps the thread waiting: of the progress the latest is kept, text and tokens are joined. A reader who leaves more
/// than `unreadBytesMax` of them unread has its generation ended with the error `unread` when more comes. So one event may be
/// larger than that: all that a resumed generation told before comes as one.
final class Mailbox: Sendable {
    private struct State {
        var progress: GenerationEvent?
        var embedding: [Float]?
        var score: TextScore?
        var tokens: [GeneratedToken] = []
        var text = ""
        /// About what tokens and text take.
        var unreadBytes = 0
        /// The summary or error that comes last.
        var end: Result<GenerationSummary, EngineError>?
        /// Nothing more will be taken: the end was, or nobody reads any more.
        var isClosed = false
        var readers: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool {
            progress == nil && embedding == nil && score == nil && tokens.isEmpty && text.isEmpty && end == nil
                && !isClosed
        }
    }

    /// Bytes of text and tokens: where more than these wait for a reader, the next ones end the generation.
    static let unreadBytesMax = 1 << 20

    private let state = Mutex(State())
    private let cancelled = Atomic(false)

    /// Whether the generation should end.
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Nobody reads any more.
    func abandon() {
        cancel()
        change { state in
            (state.progress, state.embedding, state.tokens, state.text, state.end) = (nil, nil, [], "", nil)
            state.score = nil
            state.isClosed = true
        }
    }

    /// - Returns: whether this was the end.
    func put(_ event: Result<GenerationEvent, EngineError>) -> Bool {
        change { state in
            guard state.end == nil else { return }
            switch event {
            case .success(.prompt): state.progress = try? event.get()
            case .success(.embedding(let embedding)): state.embedding = embedding
            case .success(.score(let score)): state.score = score
            case .success(.tokens(let tokens)):
                guard hasRoom(&state) else { return }
                state.tokens += tokens
                state.unreadBytes += tokens.reduce(0) { $0 + $1.byteCount }
            case .success(.text(let text)):
                guard hasRoom(&state) else { return }
                state.text += text
                state.unreadBytes += text.utf8.count
            case .success(.finished(let summary)): state.end = .success(summary)
            case .failure(let error): state.end = .failure(error)
            }
        }
        switch event {
        case .success(.finished), .failure: return true
        default: return false
        }
    }

    /// Whether more text and tokens may wait; if not, the generation ends.
    private func hasRoom(_ state: inout State) -> Bool {
        guard state.unreadBytes > Self.unreadBytesMax else { return true }
        state.end = .failure(EngineError(.unread, "more than \(Self.unreadBytesMax) bytes were left unread"))
        cancel()
        return false
    }

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
            if let embedding = state.embedding {
                state.embedding = nil
                return .success(.embedding(embedding))
            }
            if let score = state.score {
                state.score = nil
                return .success(.score(score))
            }
            if !state.tokens.isEmpty {
                defer {
                    state.unreadBytes -= state.tokens.reduce(0) { $0 + $1.byteCount }
                    state.tokens = []
                }
                return .success(.tokens(state.tokens))
            }
            if !state.text.isEmpty {
                defer {
                    state.unreadBytes -= state.text.utf8.count
                    state.text = ""
                }
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
