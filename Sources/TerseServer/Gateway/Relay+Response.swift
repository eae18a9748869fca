import HTTPTypes
import Hummingbird
import NIOCore
import TerseJSON

extension Relay {
    /// The worker's answer as the client gets it.
    /// - Parameters:
    ///   - ticket: is told of the answer, for others that ask the same.
    ///   - onUsage: called with the tokens that the request took, if it was served.
    func respond(
        streams: Bool, ticket: FlightTicket?, onUsage: @escaping @Sendable (Usage) -> Void
    ) async throws -> Response {
        let watch = try await context.connectionWatch()
        guard streams else { return try await respondWhole(watch, ticket, onUsage) }
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
                try await stream(first, to: &events, watch, ticket, onUsage)
                try await events.finish()
            })
    }

    private func respondWhole(
        _ watch: ConnectionWatch, _ ticket: FlightTicket?, _ onUsage: @escaping @Sendable (Usage) -> Void
    ) async throws -> Response {
        let (gone, tellGone) = AsyncStream<Never>.makeStream()
        return try await watch.whileServing(onGone: { tellGone.finish() }) {
            try await withThrowingTaskGroup(of: Response.self) { group in
                group.addTask {
                    let answer = try await whole()
                    guard answer.status == .ok else {
                        return Self.response(answer.status, answer.retryAfter, answer.body)
                    }
                    let usage = Self.usage(of: answer.body)
                    if let usage { onUsage(usage) }
                    let text = try translation?.whole(answer.body) ?? String(buffer: answer.body)
                    ticket?.land(CachedAnswer(streams: false, text: text, usage: usage))
                    return Self.response(.ok, nil, ByteBuffer(string: text))
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
        _ first: Answer, to events: inout EventWriter, _ watch: ConnectionWatch, _ ticket: FlightTicket?,
        _ onUsage: @escaping @Sendable (Usage) -> Void
    ) async throws {
        var translation = self.translation
        var record = StreamRecord(isWanted: ticket != nil)
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
                for await piece in pieces {
                    let text = try translation?.piece(piece) ?? piece
                    record.append(text)
                    if !text.isEmpty { try await events.write(text) }
                }
            }
        }
        ticket?.land(record.answer)
    }

    private static func response(_ status: HTTPResponse.Status, _ retryAfter: String?, _ body: ByteBuffer) -> Response {
        var response = Response(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        if let retryAfter { response.headers[.retryAfter] = retryAfter }
        return response
    }

    private static func usage(of body: ByteBuffer) -> Usage? {
        guard let json = try? JSONValue.parse(body.readableBytesView), let fields = json["usage"] else {
            return nil
        }
        return Usage(
            promptTokens: fields["prompt_tokens"]?.intValue ?? 0,
            completionTokens: fields["completion_tokens"]?.intValue ?? 0)
    }
}
