import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TerseJSON

/// One request on its way through the gateway: handed to a worker, and to the next when that dies. What was not
/// answered yet begins anew, after more than one death in its turn (`RetryLine`); a stream goes on after the tokens that the
/// client has.
struct Relay: Sendable {
    let slot: WorkerSlot
    let client: WorkerClient
    let path: String
    /// The client's body.
    let body: JSONObject
    /// What the gateway adds to it.
    let gatewayContext: GatewayContext
    let context: ServerContext
    let gatekeeper: Gatekeeper
    /// Is told of the answer, for others that ask the same.
    var ticket: FlightTicket?
    /// How the worker's answer becomes one of another API; nil: it is passed on as it is.
    var translation: ResponseTranslation?
    /// When the request came.
    private let start = ContinuousClock.now

    /// Workers that may die one after the other over a request that gets no further.
    static let attemptsMax = 6
    /// How long a request waits for a worker.
    static let readyTimeout = Duration.seconds(60)
    /// The same for one whose worker died: as long as a model may take to load.
    static let returnTimeout = Duration.seconds(600)
    /// Until a request that was taken once asks again whether the queue has room for it.
    static let returnPause = Duration.milliseconds(250)
    /// Pieces of a stream that wait for the client.
    static let unreadPiecesMax = 8192

    /// A worker's answer from which nothing has been taken.
    struct Answer: Sendable {
        let response: HTTPClientResponse
        /// Workers that died before.
        let deaths: Int
        /// To be ended when the request gets further, or its worker is gone.
        let turn: RetryTurn?

        var status: HTTPResponse.Status { HTTPResponse.Status(code: Int(response.status.code)) }

        /// - Throws: `APIError` beyond the bound, or what the connection throws.
        func collect() async throws -> ByteBuffer {
            do {
                return try await response.body.collect(upTo: WorkerClient.answerBytesMax)
            } catch is NIOTooManyBytesError {
                throw APIError(
                    .internalServerError, .server,
                    "the answer has more than \(WorkerClient.answerBytesMax) bytes: ask for a stream")
            }
        }
    }

    /// A whole answer.
    func whole() async throws -> (status: HTTPResponse.Status, retryAfter: String?, body: ByteBuffer) {
        var deaths = 0
        while true {
            let answer = try await answer(after: deaths, gatewayContext)
            defer { answer.turn?.end() }
            do {
                return (answer.status, answer.response.headers.first(name: "retry-after"), try await answer.collect())
            } catch let error as APIError {
                throw error
            } catch {
                deaths = answer.deaths + 1
                try died(deaths, error)
            }
        }
    }

    /// The head of an answer, from whichever worker gives one.
    /// - Parameter version: what the worker's weights must be, where another has begun the answer.
    func answer(after deaths: Int, _ gatewayContext: GatewayContext, version: String? = nil) async throws -> Answer {
        var deaths = deaths
        var (body, gatewayContext) = (body, gatewayContext)
        let deadline = ContinuousClock.now + Self.returnTimeout
        var turn: RetryTurn?
        while true {
            if turn == nil { turn = try await self.turn(after: deaths) }
            try await slot.waitUntilReady(within: deaths == 0 ? Self.readyTimeout : Self.returnTimeout)
            if let version, slot.version != version {
                throw APIError(
                    .serviceUnavailable, .unavailable, "the model \"\(slot.model)\" was replaced during the answer")
            }
            gatewayContext.elapsed = start.duration(to: .now)
            body["terse"] = gatewayContext.json
            do {
                let response = try await client.send(
                    slot, .POST, path, body: .object(body), trace: context.trace, requestID: context.requestID)
                // What was taken once is not refused for want of room: those that died with it fill the queue together.
                let isRefused = [429, 503].contains(response.status.code)
                guard deaths > 0, isRefused, ContinuousClock.now < deadline else {
                    return Answer(response: response, deaths: deaths, turn: turn)
                }
                try await Task.sleep(for: Self.returnPause)
            } catch let error as HTTPClientError where error == .deadlineExceeded {
                throw APIError.timedOut
            } catch let error where Self.foundNobody(error) && ContinuousClock.now < deadline {
                try await Task.sleep(for: Self.returnPause)
            } catch {
                deaths += 1
                turn?.end()
                turn = nil
                try died(deaths, error)
                // Its death may not have been noticed yet.
                try await Task.sleep(for: .milliseconds(20 << deaths))
            }
        }
    }

    /// Passes a stream's events on as they come, from one worker after the other, until it ends.
    /// - Throws: `APIError`, or what `body` throws.
    func pump(_ first: Answer, _ body: (String) throws -> Void) async throws {
        var relay = StreamRelay()
        defer { gatekeeper.charge(context.keyHash, relay.usage) }
        var answer = first
        let version = slot.version
        while true {
            let (before, turn) = (relay.progress, answer.turn)
            defer { turn?.end() }
            var deaths = answer.deaths
            do {
                for try await buffer in answer.response.body {
                    let text = try relay.take(buffer.readableBytesView)
                    if relay.progress > before {
                        // It gets on: what happens now is no fault of this request's.
                        deaths = 0
                        turn?.end()
                    }
                    if !text.isEmpty { try body(text) }
                }
            } catch let error as APIError {
                throw error
            } catch {
                try Task.checkCancellation()
                context.logger.notice("stream was cut", metadata: ["error": "\(error)"])
            }
            guard !relay.isFinished else { return }
            turn?.end()
            guard !relay.isClosed else { return try body(EventWriter.doneEvent) }
            try died(deaths + 1, nil)
            relay.restart()
            var further = gatewayContext
            further.choices = relay.choices
            answer = try await self.answer(after: deaths + 1, further, version: version)
            guard answer.status == .ok else { throw APIError(answer.status, try await answer.collect()) }
        }
    }

    /// The place of a request whose workers died, when its turn has come; nil where it needs none.
    private func turn(after deaths: Int) async throws -> RetryTurn? {
        guard RetryLine.isNeeded(afterDeaths: deaths) else { return nil }
        let turn = RetryTurn(slot)
        try await slot.wait(for: turn, within: client.timeout)
        return turn
    }

    /// Whether an error says that there was no worker to be asked, or none that takes more: no fault of the request's.
    static func foundNobody(_ error: any Error) -> Bool {
        if let error = error as? IOError { return [ECONNREFUSED, ENOENT, EAGAIN].contains(error.errnoCode) }
        return error as? HTTPClientError == .connectTimeout
    }

    private func died(_ deaths: Int, _ error: (any Error)?) throws {
        try Task.checkCancellation()
        context.logger.warning(
            "worker gave no answer",
            metadata: ["model": "\(slot.model)", "deaths": "\(deaths)", "error": "\(error.map { "\($0)" } ?? "")"])
        guard deaths < Self.attemptsMax else {
            throw APIError(
                .badGateway, .server, "the model \"\(slot.model)\" failed \(deaths) times", retryAfter: .seconds(5))
        }
    }
}
