import HTTPTypes
import Hummingbird
import NIOCore
import TerseJSON

extension Relay {
    /// The worker's answer as the client gets it.
    /// - Parameter onUsage: called with the tokens that the request took, if it was served.
    func respond(streams: Bool, onUsage: @escaping @Sendable (Usage) -> Void) async throws -> Response {
        let watch = try await context.connectionWatch()
        guard streams else { return try await respondWhole(watch, onUsage) }
        let first = try await answer(from: 0, continuation)
        guard first.status == .ok else {
            let body = try await first.response.body.collect(upTo: WorkerClient.answerBytesMax)
            return Self.response(first.status, first.response.headers.first(name: "retry-after"), body)
        }
        return Response(
            status: .ok,
            headers: [.contentType: EventWriter.contentType, .cacheControl: "no-cache", .accelBuffering: "no"],
            body: ResponseBody { writer in
                var events = EventWriter(writer)
                try await stream(first, to: &events, watch, onUsage)
                try await events.finish()
            })
    }

    private func respondWhole(
        _ watch: ConnectionWatch, _ onUsage: @escaping @Sendable (Usage) -> Void
    ) async throws -> Response {
        let (gone, tellGone) = AsyncStream<Never>.makeStream()
        return try await watch.whileServing(onGone: { tellGone.finish() }) {
            try await withThrowingTaskGroup(of: Response.self) { group in
                group.addTask {
                    let answer = try await whole()
                    if answer.status == .ok { Self.usage(of: answer.body).map(onUsage) }
                    return Self.response(answer.status, answer.retryAfter, answer.body)
                }
                group.addTask {
                    for await _ in gone {}
                    throw APIError(.badRequest, .invalidRequest, "the client went away")
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        }
    }

    private func stream(
        _ first: Answer, to events: inout EventWriter, _ watch: ConnectionWatch,
        _ onUsage: @escaping @Sendable (Usage) -> Void
    ) async throws {
        let (pieces, put) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(Self.unreadPiecesMax))
        try await watch.whileServing(onGone: { put.finish() }) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { put.finish() }
                    do {
                        if let usage = try await pump(first, to: put) { onUsage(usage) }
                    } catch let error as APIError {
                        put.yield("data: \(error.json.serialized())\n\n")
                    }
                }
                defer { group.cancelAll() }
                for await piece in pieces { try await events.write(piece) }
            }
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ retryAfter: String?, _ body: ByteBuffer) -> Response {
        var response = Response(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        if let retryAfter { response.headers[.retryAfter] = retryAfter }
        return response
    }

    private static func usage(of body: ByteBuffer) -> Usage? {
        guard let json = try? JSONValue.parse(body.readableBytesView), let fields = json["usage"] else { return nil }
        return Usage(
            promptTokens: fields["prompt_tokens"]?.intValue ?? 0,
            completionTokens: fields["completion_tokens"]?.intValue ?? 0)
    }
}
