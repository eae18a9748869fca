import Hummingbird
import NIOCore
import Synchronization
import TerseJSON
import TerseOperations
import Testing

@testable import TerseServer

/// Requests of a route on their way through a gateway.
@Suite struct RoutingRelayTests {
    /// Models that were asked, in their order.
    private final class Asked: Sendable {
        private let models = Mutex<[String]>([])

        var all: [String] { models.withLock { $0 } }

        func add(_ model: String?) { models.withLock { $0.append(model ?? "") } }
    }

    private static func answer(_ body: JSONValue, logProbability: Double = -1) -> Response {
        guard body["stream"] == true else {
            return Response([
                "model": body["model"] ?? .null,
                "choices": [["text": "x", "logprobs": ["token_logprobs": [.number(logProbability)]]]],
                "usage": ["prompt_tokens": 1, "completion_tokens": 1],
            ])
        }
        let event = "data: {\"model\":\"\(body["model"]?.stringValue ?? "")\",\"choices\":[{\"text\":\"x\"}]}\n\n"
        return Response(text: event + EventWriter.doneEvent, contentType: EventWriter.contentType)
    }

    private static let busy = Response(
        APIError(.tooManyRequests, .rateLimit, "the queue is full", code: "queue_full", retryAfter: .seconds(7)))

    private struct Told {
        let status: UInt
        let route: String?
        let retryAfter: String?
        let text: String
    }

    private func ask(_ client: WorkerClient, _ gateway: WorkerSlot, _ body: JSONValue) async throws -> Told {
        let response = try await client.send(gateway, .POST, "/v1/completions", body: body)
        return Told(
            status: response.status.code, route: response.headers.first(name: RoutingDecision.header),
            retryAfter: response.headers.first(name: "retry-after"),
            text: String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    private func order(streams: Bool = false, model: String = "auto") -> JSONValue {
        ["model": .string(model), "prompt": "x", "stream": .bool(streams)]
    }

    @Test(arguments: [false, true]) func theChosenOneIsAskedByItsOwnName(streams: Bool) async throws {
        let asked = Asked()
        try await ScriptedWorker.serve(models: ["big", "small"], routes: { [try RoutingSample.desk($0)] }) { body, _ in
            asked.add(body["model"]?.stringValue)
            return Self.answer(body)
        } use: { client, gateway in
            let told = try await ask(client, gateway, order(streams: streams))
            #expect(told.status == 200 && told.text.contains("\"model\":\"big\""))
            #expect(told.route?.hasPrefix("big; best; big loss=0.000") == true && asked.all == ["big"])
            let direct = try await ask(client, gateway, order(streams: streams, model: "small"))
            #expect(direct.status == 200 && direct.route == nil && asked.all == ["big", "small"])
        }
    }

    /// Who has a full queue after all passes the request on, and the client sees nothing of it.
    @Test(arguments: [false, true]) func whoRefusesPassesOn(streams: Bool) async throws {
        let asked = Asked()
        let desks = Mutex<[RouteDesk]>([])
        try await ScriptedWorker.serve(
            models: ["big", "small"],
            routes: { endpoints in
                let desk = try RoutingSample.desk(endpoints)
                desks.withLock { $0 = [desk] }
                return [desk]
            }
        ) { body, _ in
            asked.add(body["model"]?.stringValue)
            return body["model"] == "big" ? Self.busy : Self.answer(body)
        } use: { client, gateway in
            let told = try await ask(client, gateway, order(streams: streams))
            #expect(told.status == 200 && told.retryAfter == nil && told.text.contains("\"model\":\"small\""))
            #expect(told.route?.hasPrefix("big; best; answered by small") == true && asked.all == ["big", "small"])
            let now = try #require(desks.withLock { $0.first }).figures.now
            #expect(now.passes == 1 && now.answers == ["small": 1])
        }
    }

    /// Each is asked once, and the last one's refusal is the client's.
    @Test func whatAllRefuseIsRefused() async throws {
        let asked = Asked()
        try await ScriptedWorker.serve(models: ["big", "small"], routes: { [try RoutingSample.desk($0)] }) { body, _ in
            asked.add(body["model"]?.stringValue)
            return Self.busy
        } use: { client, gateway in
            let told = try await ask(client, gateway, order())
            #expect(told.status == 429 && told.retryAfter == "7" && asked.all == ["big", "small"])
            #expect(told.route?.hasPrefix("big; best; answered by small") == true)
        }
    }

    /// What is wrong with a request is no reason to ask another one.
    @Test func errorsOfClientsAreTold() async throws {
        let asked = Asked()
        try await ScriptedWorker.serve(models: ["big", "small"], routes: { [try RoutingSample.desk($0)] }) { body, _ in
            asked.add(body["model"]?.stringValue)
            return Response(APIError.invalid("prompt: expected a string", parameter: "prompt"))
        } use: { client, gateway in
            let told = try await ask(client, gateway, order())
            #expect(told.status == 400 && told.text.contains("expected a string") && asked.all == ["big"])
            let unknown = try await ask(client, gateway, order(model: "nobody"))
            #expect(unknown.status == 404 && unknown.text.contains("there are: big, small, auto"))
        }
    }

    /// One variant's answer is not another's: what the cache has is looked up when it is known who answers.
    @Test func keptAnswersAreTheVariants() async throws {
        let asked = Asked()
        let isBusy = Mutex(false)
        try await ScriptedWorker.serve(models: ["big", "small"], routes: { [try RoutingSample.desk($0)] }) { body, _ in
            asked.add(body["model"]?.stringValue)
            return isBusy.withLock { $0 } && body["model"] == "big" ? Self.busy : Self.answer(body)
        } use: { client, gateway in
            let greedy: JSONValue = ["model": "auto", "prompt": "x", "temperature": 0]
            let other: JSONValue = ["model": "auto", "prompt": "y", "temperature": 0]
            _ = try await ask(client, gateway, greedy)
            #expect(try await ask(client, gateway, greedy).text.contains("\"model\":\"big\"") && asked.all == ["big"])
            // By its own name it is the same answer.
            let direct: JSONValue = ["model": "big", "prompt": "x", "temperature": 0]
            #expect(try await ask(client, gateway, direct).status == 200 && asked.all == ["big"])
            isBusy.withLock { $0 = true }
            #expect(try await ask(client, gateway, other).text.contains("\"model\":\"small\""))
            isBusy.withLock { $0 = false }
            #expect(try await ask(client, gateway, other).text.contains("\"model\":\"big\""))
            #expect(asked.all == ["big", "big", "small", "big"])
        }
    }

    /// The first tokens that the small one says are judged before the client gets any: of many alike ones those that are
    /// least likely are begun anew.
    @Test(arguments: [false, true]) func cascadesEscalate(streams: Bool) async throws {
        let asked = Asked()
        var policy = RoutingPolicy(TradeOff(quality: 1))
        policy.cascade = Cascade(.share(0.5), probeTokens: 3)
        let options = RoutingSample.options(policy)
        try await ScriptedWorker.serve(
            models: ["big", "small"], routes: { [try RoutingSample.desk($0, options)] }
        ) { body, _ in
            let isProbe = body["logprobs"] != nil
            asked.add("\(body["model"]?.stringValue ?? "")\(isProbe ? "?" : "")")
            if isProbe { #expect(body["max_tokens"] == 3 && body["stream"] == nil) }
            return Self.answer(body, logProbability: body["prompt"] == "unsure" ? -9 : -1)
        } use: { client, gateway in
            for _ in 0..<20 { _ = try await ask(client, gateway, order(streams: streams)) }
            #expect(!asked.all.contains("big"))
            let unsure: JSONValue = ["model": "auto", "prompt": "unsure", "stream": .bool(streams)]
            let told = try await ask(client, gateway, unsure)
            #expect(told.status == 200 && told.text.contains("\"model\":\"big\""))
            #expect(told.route?.hasPrefix("small; cascade; may escalate to big; answered by big") == true)
            #expect(asked.all.suffix(2) == ["small?", "big"])
        }
    }
}
