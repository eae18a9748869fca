import HTTPTypes
import Hummingbird
import TerseJSON
import TerseTelemetry

/// The HTTP interface of one model.
struct WorkerRoutes: Sendable {
    let model: ServedModel
    let limits: ConnectionLimits

    func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.add(middleware: RequestNameMiddleware())
        router.add(middleware: ErrorMiddleware())
        router.get(RouterPath(WorkerHealth.path)) { _, _ in Response(model.engine.health.json) }
        router.get("/v2/health/live") { _, _ in Response(["live": true]) }
        router.get("/v2/health/ready") { _, _ in Response(["ready": true]) }
        router.get("/metrics") { _, _ in
            Response(text: MetricPage.text(model.metrics), contentType: MetricPage.contentType)
        }
        router.get("/v1/models") { _, _ in Response(["object": "list", "data": [model.json]]) }
        router.post("/v1/chat/completions") { request, context in
            try await answer(request, context) { body, gatewayContext async throws(APIError) in
                let request = try ChatRequest(body)
                try check(request.model)
                context.tell(unknown: request.unknown)
                return try await planner.plan(request, gatewayContext)
            }
        }
        router.post("/v1/completions") { request, context in
            try await answer(request, context) { body, gatewayContext async throws(APIError) in
                let request = try CompletionRequest(body)
                try check(request.model)
                context.tell(unknown: request.unknown)
                return try await planner.plan(request, gatewayContext)
            }
        }
        router.post("/v1/embeddings") { request, context in try await embed(request, context) }
        router.post(RouterPath(ScoreRequest.path)) { request, context in try await score(request, context) }
        router.post("/tokenize") { request, _ in try await tokenize(request) }
        router.post("/detokenize") { request, _ in try await detokenize(request) }
        return router
    }

    private var planner: AnswerPlanner { AnswerPlanner(model: model, timeout: limits.requestTimeout) }

    /// - Throws: `APIError` (404) for a model that is not here.
    func check(_ name: String) throws(APIError) {
        guard name == model.name else {
            throw APIError(
                .notFound, .invalidRequest, "there is no model \"\(name.prefix(APILimits.nameLengthMax))\"",
                parameter: "model", code: "model_not_found")
        }
    }

    /// Serves what is generated: at once or as a stream.
    private func answer(
        _ request: Request, _ context: ServerContext,
        _ plan: @escaping @Sendable (JSONValue, GatewayContext) async throws(APIError) -> AnswerPlanner.Plan
    ) async throws -> Response {
        let body = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        let gatewayContext = try GatewayContext(body["terse"])
        let watch = try await context.connectionWatch()
        // A grammar may wait to be compiled, which is in vain once the client is gone.
        let planned = try await watch.whileConnected { try await plan(body, gatewayContext) }
        return try await AnswerServer(model: model, plan: planned).respond(watch: watch)
    }
}

extension ServedModel {
    /// As OpenAI spells a model, and what clients should know of it: the longest context, whether conversations have a
    /// template of its own, and what its maker says.
    var json: JSONValue {
        [
            "id": .string(name), "object": "model", "created": JSONValue(created), "owned_by": "terse",
            "max_model_len": JSONValue(engine.positionsMax), "has_chat_template": .bool(hasChatTemplate),
            "description": description.map { .string($0) } ?? .null, "license": license.map { .string($0) } ?? .null,
        ]
    }
}
