import NIOCore
import Synchronization

/// Notices at once when a client goes away while its request is being served, and closes the connection of one that
/// does not take what it is sent. When the server is to end, it ends what is still being served after the drain timeout.
///
/// Stands in the pipeline of each connection. One request of a connection is served at a time.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private struct State {
        /// Why nothing is served on the connection any more.
        var end: APIError?
        var onEnd: (@Sendable () -> Void)?
        /// Closes the connection of a client that takes nothing.
        var patience: Scheduled<Void>?
    }

    private let slowClientTimeout: TimeAmount
    private let drainTimeout: TimeAmount
    private let state = Mutex(State())

    init(_ limits: ConnectionLimits) {
        slowClientTimeout = TimeAmount(limits.slowClientTimeout)
        drainTimeout = TimeAmount(limits.drainTimeout)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { tell(.clientGone) }
        // The server is to end.
        if event is ChannelShouldQuiesceEvent {
            context.eventLoop.scheduleTask(in: drainTimeout) { self.tell(.serverEnding) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        tell(.clientGone)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tell(.clientGone)
        context.fireErrorCaught(error)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let channel = context.channel
        let isWritable = channel.isWritable
        state.withLock { state in
            state.patience?.cancel()
            state.patience =
                isWritable
                ? nil : context.eventLoop.scheduleTask(in: slowClientTimeout) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    /// Why nothing is served on the connection any more: the client is gone, or the server's time is over.
    var end: APIError? { state.withLock { $0.end } }

    /// Calls `onEnd` once, from whatever thread, if before `body` has returned the client goes away or the server's time
    /// is over.
    func whileServing<Result>(
        onEnd: @escaping @Sendable () -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        let isOver = state.withLock { state in
            if state.end == nil { state.onEnd = onEnd }
            return state.end != nil
        }
        if isOver { onEnd() }
        defer { state.withLock { $0.onEnd = nil } }
        return try await body()
    }

    /// Runs `body`, whose task is cancelled if before it has returned the client goes away or the server's time is over.
    /// - Throws: `APIError` then, else what `body` throws.
    func whileConnected<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        if let end { throw end }
        let (ended, tellEnd) = AsyncStream<Never>.makeStream()
        return try await whileServing(onEnd: { tellEnd.finish() }) {
            try await withThrowingTaskGroup(of: Result.self) { group in
                group.addTask(operation: body)
                group.addTask {
                    for await _ in ended {}
                    // Where neither was told, this task was cancelled, which only a server does that ends.
                    throw self.end ?? APIError.serverEnding
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        }
    }

    private func tell(_ end: APIError) {
        let onEnd = state.withLock { state in
            state.end = state.end ?? end
            state.patience?.cancel()
            defer { (state.onEnd, state.patience) = (nil, nil) }
            return state.onEnd
        }
        onEnd?()
    }
}
