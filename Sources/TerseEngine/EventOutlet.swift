import Foundation

/// Puts events into a stream of bounded length: text that a slow reader has no room for is joined and sent later,
/// progress that finds no room is dropped, the end waits for room.
struct EventOutlet {
    private let continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    /// Whether nobody reads any more.
    private let isAbandoned: () -> Bool
    private var pendingText = ""
    private var pendingEnd: GenerationEvent?

    /// How long the end waits before it looks for room again.
    private static let waitSeconds = 0.005

    init(
        _ continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation, isAbandoned: @escaping () -> Bool
    ) {
        self.continuation = continuation
        self.isAbandoned = isAbandoned
    }

    mutating func send(_ event: GenerationEvent) {
        switch event {
        case .prompt: _ = continuation.yield(event)
        case .text(let text):
            pendingText += text
            sendText()
        case .finished: pendingEnd = event
        }
    }

    /// Sends what is left, waiting for the reader to make room.
    mutating func finish() {
        while !pendingText.isEmpty, !isAbandoned() {
            sendText()
            if !pendingText.isEmpty { Thread.sleep(forTimeInterval: Self.waitSeconds) }
        }
        while let event = pendingEnd, !isAbandoned() {
            if case .dropped = continuation.yield(event) {
                Thread.sleep(forTimeInterval: Self.waitSeconds)
            } else {
                pendingEnd = nil
            }
        }
    }

    private mutating func sendText() {
        guard !pendingText.isEmpty else { return }
        if case .dropped = continuation.yield(.text(pendingText)) { return }
        pendingText = ""
    }
}
