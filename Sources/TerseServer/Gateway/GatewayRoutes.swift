import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON
import TerseTelemetry

/// The HTTP interface that clients see: all models, each behind its worker.
struct GatewayRoutes: Sendable {
    let endpoints: [ModelEndpoint]
    let client: WorkerClient
    let limits: ConnectionLimits
    let gatekeeper: Gatekeeper
    let singleFlight: SingleFlight
    /// Whether the server can be reached from this machine alone.
    let isLoopback: Bool
    let registry: RegistryAccess?
    /// Names whose requests go to one of several models.
    var routes: [RouteDesk] = []
    /// What the host's power is, where routes keep to a budget of it.
    var power: PowerWatch?
    let ledger = FeedbackLedger()
    var deploymentProcesses = DeploymentProcesses()
    let accesses = AccessFigures()
    private let silentWorkers = SilentWorkers()

    /// The workers that are live.
    private var slots: [WorkerSlot] { endpoints.map(\.live) }

    static let chat = "/v1/chat/completions"
    static let completions = "/v1/completions"
    private static let plain = ["/v1/embeddings", "/tokenize", "/detokenize"]

    func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.add(middleware: RequestNameMiddleware())
        router.add(middleware: AccessLogMiddleware(figures: accesses))
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: BodyMiddleware())
        router.add(middleware: GatekeeperMiddleware(gatekeeper: gatekeeper, isLoopback: isLoopback))
        router.get("/health") { _, _ in health }
        router.get("/v2/health/live") { _, _ in Response(["live": true]) }
        router.get("/v2/health/ready") { _, _ in
            let isReady = slots.allSatisfy(\.isReady)
            return Response(["ready": .bool(isReady)], status: isReady ? .ok : .serviceUnavailable)
        }
        router.get("/metrics") { _, context in try await metrics(context) }
        router.get("/v1/models") { _, context in try await models(context) }
        // Names may have slashes in them.
        router.get("/v1/models/**") { _, context in
            let name = context.parameters.getCatchAll().joined(separator: "/")
            return Response(try await model(name.removingPercentEncoding ?? name))
        }
        for path in [Self.chat, Self.completions] {
            router.post(RouterPath(path)) { request, context in try await generate(path, request, context) }
        }
        router.post("/v1/responses") { request, context in try await respond(request, context) }
        for path in Self.plain {
            router.post(RouterPath(path)) { request, context in try await relay(path, request, context) }
        }
        if let registry {
            ModelRoutes(registry: registry, limits: limits).add(
                to: router.group("/api/models").add(middleware: AdministratorMiddleware()))
            RolloutRoutes(registry: registry, limits: limits).add(
                to: router.group("/api/rollouts").add(middleware: AdministratorMiddleware()))
            AnalysisRoutes(registry: registry).add(
                to: router.group("/api/analysis").add(middleware: AdministratorMiddleware()))
            DeploymentRoutes(registry: registry, limits: limits, processes: deploymentProcesses).add(
                to: router.group("/api/deployments").add(middleware: AdministratorMiddleware()))
            MLflowRoutes(registry: registry, limits: limits).add(
                to: router.group("/api/2.0").add(middleware: MLflowErrorMiddleware())
                    .add(middleware: AdministratorMiddleware()))
        }
        let routing = RoutingRoutes(desks: routes, ledger: ledger, power: power, limits: limits)
        routing.addReports(to: router.group("/api/routing").add(middleware: AdministratorMiddleware()))
        routing.addFeedback(to: router)
        Dashboard.add(to: router)
        return router
    }

    private var health: Response {
        let isReady = slots.allSatisfy(\.isReady)
        let models: [JSONValue] = slots.map { slot in
            ["id": .string(slot.model), "ready": .bool(slot.isReady), "starts": JSONValue(slot.starts)]
        }
        let routes: [JSONValue] = routes.map { route in
            [
                "id": .string(route.name), "ready": .bool(route.endpoints.contains(where: \.live.isReady)),
                "routes_to": .array(route.names.map { .string($0) }),
            ]
        }
        return Response(
            ["status": isReady ? "ok" : "starting", "models": .array(models + routes)],
            status: isReady ? .ok : .serviceUnavailable)
    }

    /// - Throws: `APIError` (404).
    func endpoint(_ name: String?) throws(APIError) -> ModelEndpoint {
        guard let endpoint = endpoints.first(where: { $0.model == name }) else {
            let isRoute = routes.contains { $0.name == name }
            throw APIError(
                .notFound, .invalidRequest,
                (isRoute ? "only for answers there is a model" : "there is no model")
                    + " \"\((name ?? "").prefix(APILimits.nameLengthMax))\"; there are: "
                    + (endpoints.map(\.model) + (isRoute ? [] : routes.map(\.name))).joined(separator: ", "),
                parameter: "model", code: "model_not_found")
        }
        return endpoint
    }

    private func models(_ context: ServerContext) async throws -> Response {
        var data: [JSONValue] = []
        for slot in slots where slot.isReady {
            // A worker may die meanwhile.
            do { data += try await client.models(of: slot) } catch {
                silentWorkers.log(slot.model, "/v1/models", error, to: context.logger)
            }
        }
        let routes = routes.compactMap { $0.model(of: data) }
        return Response(["object": "list", "data": .array(data + routes)])
    }

    /// - Throws: `APIError`: 404; 503 where no worker comes that could say.
    private func model(_ name: String) async throws -> JSONValue {
        let route = routes.first { $0.name == name }
        let named = try route?.endpoints ?? [endpoint(name)]
        let ready = named.filter(\.live.isReady)
        var data: [JSONValue] = []
        for endpoint in ready.isEmpty ? named : ready {
            try await endpoint.live.waitUntilReady(within: Relay.readyTimeout)
            data += try await client.models(of: endpoint.live)
        }
        return (route == nil ? data.first : route?.model(of: data)) ?? .null
    }

    private func metrics(_ context: ServerContext) async throws -> Response {
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
        let (rollouts, routes) = (RolloutFigures.metrics(endpoints), RouteFigures.metrics(routes))
        pages.append(MetricPage.text(cacheMetrics + [accesses.family] + rollouts + routes + (power?.metrics ?? [])))
        for slot in slots where slot.isReady {
            do {
                pages.append(String(buffer: try await client.figures(of: slot, "/metrics")))
            } catch {
                silentWorkers.log(slot.model, "/metrics", error, to: context.logger)
            }
        }
        return Response(text: MetricPage.merged(pages), contentType: MetricPage.contentType)
    }

    private var cacheMetrics: [MetricFamily] {
        let figures = singleFlight.figures
        return [
            .counter("terse_answer_cache_hits_total", "Requests answered from the cache of answers.", figures.hits),
            .counter("terse_answer_cache_misses_total", "Requests that it had no answer to.", figures.misses),
            .counter("terse_joined_requests_total", "Requests that waited for an equal one.", figures.joined),
            .gauge("terse_answer_cache_bytes", "Bytes of the answers kept.", Double(figures.bytes)),
            .gauge("terse_answer_cache_answers", "Answers kept.", Double(figures.answers)),
        ]
    }
}
