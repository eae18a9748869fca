import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TerseJSON

/// One request on its way through the gateway: handed to a worker, and to the next when that dies. What was not
/// answered yet begins anew; a stream goes on after the tokens that the client has.
struct Relay: Sendable {
    let slot: WorkerSlot
    let client: WorkerClient
    let path: String
    /// The client's body.
    let body: JSONObject
    /// What the gateway adds to it.
    let continuation: Continuation
    let context: ServerContext
    /// How the worker's answer becomes one of another API; nil: it is passed on as it is.
    var translation: ResponseTranslation?

    /// Workers that one request may meet.
    static let attemptsMax = 6
    static let readyTimeout = Duration.seconds(60)
    /// Pieces of a stream that wait for the client.
    static let unreadPiecesMax = 8192

    /// A worker's answer from which nothing has been taken.
    struct Answer: Sendable {
        let response: HTTPClientResponse
        let attempt: Int

        var status: HTTPResponse.Status { HTTPResponse.Status(code: Int(response.status.code)) }
    }

    /// A whole answer.
    func whole() async throws -> (status: HTTPResponse.Status, retryAfter: String?, body: ByteBuffer) {
        var attempt = 0
        while true {
            let answer = try await answer(from: attempt, continuation)
            do {
                let body = try await answer.response.body.collect(upTo: WorkerClient.answerBytesMax)
                return (answer.status, answer.response.headers.first(name: "retry-after"), body)
            } catch {
                attempt = answer.attempt + 1
                try failed(attempt, error)
            }
        }
    }

    /// The head of an answer, from whichever worker gives one.
    func answer(from first: Int, _ continuation: Continuation) async throws -> Answer {
        var attempt = first
        var body = body
        body["terse"] = continuation.json
        while true {
            try await slot.waitUntilReady(within: Self.readyTimeout)
            do {
                let response = try await client.send(
                    slot, .POST, path, body: .object(body), trace: context.trace, requestID: context.requestID)
                return Answer(response: response, attempt: attempt)
            } catch {
                attempt += 1
                try failed(attempt, error)
                // Its death may not have been noticed yet.
                try await Task.sleep(for: .milliseconds(20 << attempt))
            }
        }
    }

    /// Passes a stream's events on as they come, from one worker after the other, until it ends.
    func pump(_ first: Answer, to pieces: AsyncStream<String>.Continuation) async throws -> Usage? {
        var relay = StreamRelay()
        var answer = first
        while true {
            do {
                for try await buffer in answer.response.body {
                    let text = try relay.take(buffer.readableBytesView)
                    guard !text.isEmpty else { continue }
                    if case .dropped = pieces.yield(text) {
                        throw APIError(.internalServerError, .server, "the client reads too slowly")
                    }
                }
            } catch let error as APIError {
                throw error
            } catch {
                try Task.checkCancellation()
                context.logger.notice("stream was cut", metadata: ["error": "\(error)"])
            }
            guard !relay.isFinished else { return relay.usage }
            try failed(answer.attempt + 1, nil)
            relay.restart()
            var further = continuation
            further.choices = relay.choices
            answer = try await self.answer(from: answer.attempt + 1, further)
        }
    }

    private func failed(_ attempts: Int, _ error: (any Error)?) throws {
        try Task.checkCancellation()
        context.logger.warning(
            "worker gave no answer",
            metadata: ["model": "\(slot.model)", "attempt": "\(attempts)", "error": "\(error.map { "\($0)" } ?? "")"])
        guard attempts < Self.attemptsMax else {
            throw APIError(
                .badGateway, .server, "the model \"\(slot.model)\" failed \(attempts) times", retryAfter: .seconds(5))
        }
    }
}
