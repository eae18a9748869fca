import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Bounds what bodies take together while they are read and handed on, and closes connections whose bodies nobody reads.
struct BodyMiddleware: RouterMiddleware {
    /// Bytes of all bodies at once; how many are in use.
    private final class Budget: Sendable {
        let used = Mutex(0)
    }

    private let budget = Budget()

    static let bytesMax = 256 << 20
    /// What is read of a body that nobody asked for costs less than a new connection.
    static let unreadBytesMax = 64 << 10
    /// Until a connection whose body nobody reads is closed: the client takes its answer meanwhile.
    static let unreadTimeout = TimeAmount.seconds(5)

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let length = Self.length(request.headers)
        guard request.method != .get, request.method != .head, length <= APILimits.bodyBytesMax else {
            return close(length, context, try await next(request, context))
        }
        guard take(length) else {
            throw APIError(
                .serviceUnavailable, .unavailable, "too many large requests at once", retryAfter: .seconds(1))
        }
        defer { budget.used.withLock { $0 -= length } }
        let response = try await next(request, context)
        return response.status.code < 400 ? response : close(length, context, response)
    }

    /// What the body may have: unknown until it is there when it comes in parts.
    private static func length(_ headers: HTTPFields) -> Int {
        if let length = headers[.contentLength] { return Int(length) ?? .max }
        return headers[.transferEncoding] == nil ? 0 : APILimits.bodyBytesMax
    }

    private func take(_ length: Int) -> Bool {
        budget.used.withLock { used in
            guard used + length <= Self.bytesMax else { return false }
            used += length
            return true
        }
    }

    /// The server would go on reading for as long as bytes come.
    private func close(_ length: Int, _ context: ServerContext, _ response: Response) -> Response {
        guard length > Self.unreadBytesMax else { return response }
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Self.unreadTimeout) { channel.close(promise: nil) }
        var response = response
        response.headers[.connection] = "close"
        return response
    }
}
