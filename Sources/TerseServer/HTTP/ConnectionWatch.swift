import NIOCore
import Synchronization

/// Notices at once when a client goes away while its request is being served, and closes the connection of one that
/// does not take what it is sent.
///
/// Stands in the pipeline of each connection. One request of a connection is served at a time.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private struct State {
        var isGone = false
        var onGone: (@Sendable () -> Void)?
        /// Closes the connection of a client that takes nothing.
        var patience: Scheduled<Void>?
    }

    private let slowClientTimeout: TimeAmount
    private let state = Mutex(State())

    init(slowClientTimeout: TimeAmount) { self.slowClientTimeout = slowClientTimeout }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { tellGone() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        tellGone()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tellGone()
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

    /// Calls `onGone` once, from whatever thread, if the client goes away before `body` has returned.
    func whileServing<Result>(
        onGone: @escaping @Sendable () -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        let isGone = state.withLock { state in
            if !state.isGone { state.onGone = onGone }
            return state.isGone
        }
        if isGone { onGone() }
        defer { state.withLock { $0.onGone = nil } }
        return try await body()
    }

    /// Runs `body`, whose task is cancelled if the client goes away before it has returned.
    /// - Throws: `APIError` when it does, else what `body` throws.
    func whileConnected<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let (gone, tellGone) = AsyncStream<Never>.makeStream()
        return try await whileServing(onGone: { tellGone.finish() }) {
            try await withThrowingTaskGroup(of: Result.self) { group in
                group.addTask(operation: body)
                group.addTask {
                    for await _ in gone {}
                    throw APIError(.badRequest, .invalidRequest, "the client went away")
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        }
    }

    private func tellGone() {
        let onGone = state.withLock { state in
            state.isGone = true
            state.patience?.cancel()
            defer { (state.onGone, state.patience) = (nil, nil) }
            return state.onGone
        }
        onGone?()
    }
}
