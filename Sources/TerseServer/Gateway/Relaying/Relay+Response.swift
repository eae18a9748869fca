import HTTPTypes
import Hummingbird
import NIOCore
import TerseJSON

extension Relay {
    /// The worker's answer as the client gets it; its tokens are charged, however far it comes.
    func respond(streams: Bool) async throws -> Response {
        let watch = try await context.connectionWatch()
        guard streams else { return try await respondWhole(watch) }
        let first = try await watch.whileConnected {
            do { return try await answer(after: DeathRecord(), gatewayContext) } catch let error as APIError {
                place.tell(error.status)
                throw error
            }
        }
        guard first.status == .ok else {
            place.tell(first.status)
            return refusal(first.status, first.retryAfter, try await first.collect())
        }
        return Response(
            status: .ok,
            headers: [.contentType: EventWriter.contentType, .cacheControl: "no-cache", .accelBuffering: "no"],
            body: ResponseBody { writer in
                var events = EventWriter(writer)
                try await stream(first, to: &events, watch)
                try await events.finish()
            })
    }

    private func respondWhole(_ watch: ConnectionWatch) async throws -> Response {
        try await watch.whileConnected {
            let answer: WholeAnswer
            do { answer = try await whole() } catch let error as APIError {
                place.tell(error.status)
                throw error
            } catch is CancellationError {
                gatekeeper.charge(context.keyHash, leastUsage)
                throw CancellationError()
            }
            let isKept = place.wantsAnswer && answer.body.readableBytes <= AnswerText.bytesMax
            let said = isKept ? AnswerText.whole(String(buffer: answer.body)) : nil
            let usage = Self.usage(of: answer.body)
            place.tell(answer.status, times: answer.times, usage: usage, answer: said)
            guard answer.status == .ok else { return refusal(answer.status, answer.retryAfter, answer.body) }
            gatekeeper.charge(context.keyHash, usage)
            let text = try translation?.whole(answer.body) ?? String(buffer: answer.body)
            land(CachedAnswer(streams: false, text: text, usage: usage))
            return Self.response(.ok, nil, ByteBuffer(string: text))
        }
    }

    /// Of a request that was given up before anybody said what it took: its prompt, at four bytes a token.
    private var leastUsage: Usage {
        Usage(promptTokens: JSONValue.object(body).serialized().utf8.count / 4)
    }

    private func stream(_ first: Answer, to events: inout EventWriter, _ watch: ConnectionWatch) async throws {
        let (pieces, put) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(Self.unreadPiecesMax))
        try await watch.whileServing(onEnd: { put.finish() }) {
            try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    defer { put.finish() }
                    return try await passOn(first, to: put, watch)
                }
                for await piece in pieces { try await events.write(piece) }
                // Either the stream has ended, or the client is gone, or the server's time is over.
                group.cancelAll()
                if let error = try await group.next() ?? nil { try await events.write(error) }
            }
        }
    }

    /// Puts a stream's events where the client's connection takes them, and keeps them for others.
    /// - Returns: the event that tells of an error, if it ended with one.
    private func passOn(
        _ first: Answer, to put: AsyncStream<String>.Continuation, _ watch: ConnectionWatch
    ) async throws -> String? {
        var translation = self.translation
        var record = StreamRecord(isWanted: ticket != nil)
        do {
            try await pump(first) { text in
                let text = try translation?.piece(text) ?? text
                guard !text.isEmpty else { return }
                record.append(text)
                switch put.yield(text) {
                case .dropped: throw APIError(.requestTimeout, .timeout, "the client reads too slowly")
                // Nobody takes it any more: what ends now is not whole.
                case .terminated: throw watch.end ?? APIError.clientGone
                default: break
                }
            }
        } catch {
            let end = watch.end
            guard let told = end ?? (error as? APIError) else { throw error }
            // What the connection's end stopped is no fault of the worker's.
            if end == nil { place.tell(told.status) }
            let event = "data: \(told.json.serialized())\n\n"
            return try translation?.piece(event) ?? event
        }
        land(record.answer)
        return nil
    }

    /// Gives an answer to those who wait for the same, and to be kept; none that is not of the weights that they asked.
    private func land(_ answer: CachedAnswer?) {
        ticket?.land(place.hasFallenBack ? nil : answer.map { .success($0) })
    }

    /// What a worker refused; of a chat that a client did not send, in the words of what it sent.
    private func refusal(_ status: HTTPResponse.Status, _ retryAfter: String?, _ body: ByteBuffer) -> Response {
        guard translation != nil else { return Self.response(status, retryAfter, body) }
        let error = ResponsesRequest.translated(APIError(status, body))
        return Self.response(status, retryAfter, ByteBuffer(string: error.json.serialized()))
    }

    private static func response(_ status: HTTPResponse.Status, _ retryAfter: String?, _ body: ByteBuffer) -> Response {
        var response = Response(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        if let retryAfter { response.headers[.retryAfter] = retryAfter }
        return response
    }

    private static func usage(of body: ByteBuffer) -> Usage {
        (try? JSONValue.parse(body.readableBytesView)).flatMap { Usage(answer: $0) } ?? Usage()
    }
}
