import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TerseJSON

/// One request on its way through the gateway: handed to a worker, and to the next when that dies. What was not
/// answered yet begins anew, after more than one death in its turn (`RetryQueue`); a stream goes on after the tokens that the
/// client has. Where a rollout's worker fails, the one that is live takes over at once.
struct Relay: Sendable {
    let place: RequestPlace
    let client: WorkerClient
    let path: String
    /// The client's body.
    let body: JSONObject
    /// What the gateway adds to it.
    let gatewayContext: GatewayContext
    let context: ServerContext
    let gatekeeper: Gatekeeper
    /// The most that any request may take.
    let timeout: Duration
    /// When the request came.
    var start = ContinuousClock.now
    /// Is told of the answer, for others that ask the same.
    var ticket: FlightTicket?
    /// How the worker's answer becomes one of another API; nil: it is passed on as it is.
    var translation: ResponseTranslation?

    /// Whether it is given back at once where no worker can take it: somebody else answers then.
    var isUrged = false

    /// The worker that has it now.
    var slot: WorkerSlot { place.slot }

    /// Workers that may die over a request that gets no further, by its fault as far as anybody knows.
    static let deathsMax = 6
    /// A stream has got further when so many tokens came since a worker died.
    static let progressTokensMin = 256
    /// How long a request waits for a worker.
    static let readyTimeout = Duration.seconds(60)
    /// The same for one whose worker died, from then or from when its turn came: as long as a model may take to load.
    static let returnTimeout = Duration.seconds(600)
    /// Until a request that was taken once asks again whether the queue has room for it.
    static let returnPause = Duration.milliseconds(250)
    /// Pieces of a stream that wait for the client.
    static let unreadPiecesMax = 8192

    /// A worker's answer from which nothing has been taken.
    struct Answer: Sendable {
        var response: HTTPClientResponse
        /// Workers that died before.
        var deaths: DeathRecord

        var status: HTTPResponse.Status { HTTPResponse.Status(code: Int(response.status.code)) }
        var retryAfter: String? { response.headers.first(name: "retry-after") }

        /// - Throws: `APIError` beyond the bound, or what the connection throws.
        func collect() async throws -> ByteBuffer {
            do {
                return try await response.body.collect(upTo: WorkerClient.answerBytesMax)
            } catch let error as HTTPClientError where error == .deadlineExceeded {
                throw APIError.timedOut
            } catch is NIOTooManyBytesError {
                throw APIError(
                    .internalServerError, .server,
                    "the answer has more than \(WorkerClient.answerBytesMax) bytes: ask for a stream")
            }
        }
    }

    /// An answer of which all is there.
    struct WholeAnswer: Sendable {
        let status: HTTPResponse.Status
        let retryAfter: String?
        let times: AnswerTimes?
        let body: ByteBuffer
    }

    /// A whole answer.
    func whole() async throws -> WholeAnswer {
        var deaths = DeathRecord()
        while true {
            let answer = try await answer(after: deaths, gatewayContext)
            deaths = answer.deaths
            do {
                let body = try await answer.collect()
                deaths.clear()
                return WholeAnswer(
                    status: answer.status, retryAfter: answer.retryAfter, times: AnswerTimes(answer.response),
                    body: body)
            } catch let error as APIError {
                throw error
            } catch {
                try await died(&deaths, error)
            }
        }
    }

    /// The head of an answer, and all of it when something went wrong, from whichever worker gives one.
    /// - Parameter version: what the worker's weights must be, where another has begun the answer.
    func answer(
        after deaths: DeathRecord, _ gatewayContext: GatewayContext, version: String? = nil
    ) async throws -> Answer {
        var deaths = deaths
        while true {
            if let ticket = deaths.ticket { try await inTime { try await ticket.turn() } }
            do {
                let response = try await send(gatewayContext, wasAccepted: place.wasTaken, version)
                var answer = Answer(response: response, deaths: deaths)
                guard answer.status != .ok else { return answer }
                // Whole at once: a worker that dies while it says what is wrong has said nothing.
                answer.response.body = .bytes(try await answer.collect())
                // What one on trial cannot do, the one that is live may.
                guard place.fallBack() else { return answer }
                deaths.clear()
            } catch let error as APIError {
                throw error
            } catch {
                try await died(&deaths, error)
            }
        }
    }

    /// Hands the request to a worker, as soon as there is one that takes it.
    private func send(
        _ gatewayContext: GatewayContext, wasAccepted: Bool, _ version: String?
    ) async throws -> HTTPClientResponse {
        let timeout = wasAccepted ? Self.returnTimeout : Self.readyTimeout
        let deadline = ContinuousClock.now + timeout
        var (body, gatewayContext) = (body, gatewayContext)
        gatewayContext.wasAccepted = wasAccepted
        while true {
            if !slot.isReady { _ = place.fallBack() }
            let slot = slot
            if isUrged, !slot.isReady, !wasAccepted { throw slot.notReady }
            try await inTime { try await slot.waitUntilReady(within: timeout) }
            if !slot.isReady, place.canFallBack { continue }
            // What was replaced by a model of other tokens never comes back.
            guard slot.isReady || !slot.isRetired else { throw slot.notReady }
            // What falls back has the same tokens, if not the same weights.
            if let version, slot.version != version, !place.hasFallenBack {
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
                guard wasAccepted, isRefused, !place.canFallBack, ContinuousClock.now < deadline else {
                    return response
                }
            } catch let error as HTTPClientError where error == .deadlineExceeded {
                throw APIError.timedOut
            } catch let error where Self.foundNobody(error) {
                if place.fallBack() { continue }
                guard !isUrged || wasAccepted, ContinuousClock.now < deadline else { throw slot.notReady }
            }
            try await inTime { try await Task.sleep(for: Self.returnPause) }
        }
    }

    /// Passes a stream's events on as they come, from one worker after the other, until it ends.
    /// - Throws: `APIError`, or what `body` throws.
    func pump(_ first: Answer, _ body: (String) throws -> Void) async throws {
        var relay = StreamRelay()
        var record = TrialRecord(
            start: start, isWanted: place.isObserved, keepsAnswer: place.wantsAnswer)
        defer { gatekeeper.charge(context.keyHash, relay.usage) }
        let version = slot.version
        var answer = first
        defer { answer.deaths.clear() }
        while true {
            let before = relay.progress
            do {
                for try await buffer in answer.response.body {
                    slot.countPiece()
                    relay.holdsErrors = place.canFallBack
                    let text = try relay.take(buffer.readableBytesView)
                    record.take(text, tokenCount: relay.tokenCount)
                    if relay.progress - before >= Self.progressTokensMin { answer.deaths.clear() }
                    if !text.isEmpty { try body(text) }
                }
            } catch let error as APIError {
                throw error
            } catch {
                try Task.checkCancellation()
                context.logger.notice("stream was cut", metadata: ["error": "\(error)"])
            }
            guard !relay.isFinished, !relay.isClosed else {
                place.tell(
                    relay.hasFailed ? .internalServerError : .ok, times: record.times, usage: relay.usage,
                    answer: record.answer)
                return relay.isFinished ? () : try body(EventWriter.doneEvent)
            }
            try await died(&answer.deaths, nil)
            relay.restart()
            var further = gatewayContext
            further.choices = relay.choices
            answer = try await self.answer(after: answer.deaths, further, version: version)
            guard answer.status == .ok else { throw APIError(answer.status, try await answer.collect()) }
        }
    }

    /// Runs `body` as long as the request's own time allows.
    private func inTime(_ body: @escaping @Sendable () async throws -> Void) async throws {
        // What is no such time, the worker says.
        let own = self.body["timeout"]?.doubleValue.flatMap { seconds in
            APILimits.timeoutSeconds.contains(seconds) ? Duration.seconds(seconds) : nil
        }
        let left = min(own ?? timeout, timeout) - start.duration(to: .now)
        try await Deadline.race(left, orThrow: APIError.timedOut, body)
    }

    /// Whether an error says that there was no worker to be asked, or none that takes more: no fault of the request's.
    static func foundNobody(_ error: any Error) -> Bool {
        if let error = error as? IOError { return [ECONNREFUSED, ENOENT, EAGAIN].contains(error.errnoCode) }
        return error as? HTTPClientError == .connectTimeout
    }

    /// A worker died.
    /// - Throws: `APIError` (502) when too many did, also to those who wait for the same answer.
    private func died(_ deaths: inout DeathRecord, _ error: (any Error)?) async throws {
        try Task.checkCancellation()
        place.died()
        if place.fallBack() { return deaths.clear() }
        // Suspects tell of a death at once: who becomes one by it must not join their group before that.
        let isSuspect = deaths.ticket != nil
        let pause = Duration.milliseconds(20 << deaths.chargedCount)
        if !isSuspect { try await Task.sleep(for: pause) }
        deaths.add(slot)
        context.logger.warning(
            "worker gave no answer",
            metadata: [
                "model": "\(slot.model)", "deaths": "\(deaths.count)", "error": "\(error.map { "\($0)" } ?? "")",
            ])
        guard deaths.chargedCount < Self.deathsMax else {
            let failure = APIError(
                .badGateway, .server, "the model \"\(slot.model)\" failed \(deaths.chargedCount) times")
            ticket?.land(.failure(failure))
            throw failure
        }
        // The supervisor may not have noticed yet.
        if isSuspect { try await Task.sleep(for: pause) }
    }
}
