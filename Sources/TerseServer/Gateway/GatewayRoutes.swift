import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON
import TerseTelemetry

/// The HTTP interface that clients see: all models, each behind its worker.
struct GatewayRoutes: Sendable {
    let slots: [WorkerSlot]
    let client: WorkerClient
    let limits: ConnectionLimits
    let gatekeeper: Gatekeeper

    private static let generating = ["/v1/chat/completions", "/v1/completions"]
    private static let plain = ["/v1/embeddings", "/tokenize", "/detokenize"]

    func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.add(middleware: RequestNameMiddleware())
        router.add(middleware: AccessLogMiddleware())
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: GatekeeperMiddleware(gatekeeper: gatekeeper))
        router.get("/health") { _, _ in health }
        router.get("/v2/health/live") { _, _ in Response(["live": true]) }
        router.get("/v2/health/ready") { _, _ in
            let isReady = slots.allSatisfy(\.isReady)
            return Response(["ready": .bool(isReady)], status: isReady ? .ok : .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in try await metrics() }
        router.get("/v1/models") { _, _ in try await models() }
        router.get("/v1/models/:id") { _, context in
            let slot = try slot(context.parameters.get("id"))
            return try await pass(slot, "/v1/models/\(slot.model)")
        }
        for path in Self.generating {
            router.post(RouterPath(path)) { request, context in
                try await relay(path, request, context, generates: true)
            }
        }
        for path in Self.plain {
            router.post(RouterPath(path)) { request, context in
                try await relay(path, request, context, generates: false)
            }
        }
        return router
    }

    private var health: Response {
        let isReady = slots.allSatisfy(\.isReady)
        let models = slots.map { slot in
            JSONValue.object([
                "id": .string(slot.model), "ready": .bool(slot.isReady), "starts": JSONValue(slot.starts),
            ])
        }
        return Response(
            ["status": isReady ? "ok" : "starting", "models": .array(models)],
            status: isReady ? .ok : .serviceUnavailable)
    }

    private func relay(
        _ path: String, _ request: Request, _ context: ServerContext, generates: Bool
    ) async throws -> Response {
        let json = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        var fields = try FieldReader(json)
        let named = try fields.string("model")
        let slot: WorkerSlot
        if named == nil, !generates, path != "/v1/embeddings", slots.count == 1 {
            slot = slots[0]
        } else {
            guard let named else { throw fields.missing("model") }
            slot = try self.slot(named)
        }
        let streams = generates ? try fields.bool("stream") ?? false : false
        var continuation = Continuation()
        (continuation.tenant, continuation.priority) = (context.client.tenant, context.client.priority)
        if generates {
            let kind = path == Self.generating[0] ? "chatcmpl" : "cmpl"
            continuation.id = "\(kind)-" + Hexadecimal.text(.random(in: 0...UInt64.max))
            continuation.created = Int(Date().timeIntervalSince1970)
            continuation.seed = .random(in: 0...UInt64.max)
            continuation.reportsProgress = streams
        }
        let relay = Relay(
            slot: slot, client: client, path: path, body: fields.object, continuation: continuation, context: context)
        return try await relay.respond(streams: streams) { [gatekeeper] usage in
            gatekeeper.charge(context.keyHash, usage)
        }
    }

    /// - Throws: `APIError` (404).
    private func slot(_ name: String?) throws(APIError) -> WorkerSlot {
        guard let slot = slots.first(where: { $0.model == name }) else {
            throw APIError(
                .notFound, .invalidRequest,
                "there is no model \"\((name ?? "").prefix(APILimits.nameLengthMax))\"; there are: "
                    + slots.map(\.model).joined(separator: ", "), parameter: "model", code: "model_not_found")
        }
        return slot
    }

    private func pass(_ slot: WorkerSlot, _ path: String) async throws -> Response {
        try await slot.waitUntilReady(within: Relay.readyTimeout)
        let response = try await client.send(slot, .GET, path)
        let body = try await response.body.collect(upTo: WorkerClient.answerBytesMax)
        return Response(
            status: HTTPResponse.Status(code: Int(response.status.code)), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: body))
    }

    private func models() async throws -> Response {
        var data: [JSONValue] = []
        for slot in slots where slot.isReady {
            let response = try await client.send(slot, .GET, "/v1/models")
            let body = try await response.body.collect(upTo: WorkerClient.answerBytesMax)
            data += (try JSONValue(body: body))["data"]?.arrayValue ?? []
        }
        return Response(["object": "list", "data": .array(data)])
    }

    private func metrics() async throws -> Response {
        var pages = [
            MetricPage.text([
                MetricFamily(
                    "terse_worker_starts_total", .counter, "Workers started.",
                    slots.map { .number([("model_name", $0.model)], Double($0.starts)) }),
                MetricFamily(
                    "terse_worker_ready", .gauge, "Whether the model's worker accepts requests.",
                    slots.map { .number([("model_name", $0.model)], $0.isReady ? 1 : 0) }),
            ])
        ]
        for slot in slots where slot.isReady {
            guard let response = try? await client.send(slot, .GET, "/metrics") else { continue }
            let body = try await response.body.collect(upTo: WorkerClient.answerBytesMax)
            pages.append(String(buffer: body))
        }
        return Response(text: MetricPage.merged(pages), contentType: MetricPage.contentType)
    }
}
