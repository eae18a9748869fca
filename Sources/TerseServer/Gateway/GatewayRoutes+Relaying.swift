import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON

/// Requests on their way to a worker.
extension GatewayRoutes {
    /// `POST /v1/chat/completions` and `/v1/completions`.
    func generate(_ path: String, _ request: Request, _ context: ServerContext) async throws -> Response {
        let bytes = try await request.bytes(within: limits.bodyTimeout)
        var fields = try FieldReader(JSONValue(body: bytes))
        let order = RelayOrder(
            path: path, body: fields.object, model: try fields.requiredString("model"),
            streams: try fields.bool("stream") ?? false, byteCount: bytes.readableBytes)
        return try await serve(order, request, context)
    }

    /// `POST /v1/responses`, which becomes a chat.
    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        let bytes = try await request.bytes(within: limits.bodyTimeout)
        let wanted = try ResponsesRequest(JSONValue(body: bytes))
        context.tell(unknown: wanted.unknown)
        let order = RelayOrder(
            path: Self.chat, body: wanted.chat, model: wanted.model, streams: wanted.streams,
            byteCount: bytes.readableBytes, origin: "/v1/responses", echo: wanted.echo)
        return try await serve(order, request, context)
    }

    /// What needs no generation.
    func relay(_ path: String, _ request: Request, _ context: ServerContext) async throws -> Response {
        let json = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        var fields = try FieldReader(json)
        let named = try fields.string("model")
        // Where there is one model, tokens need not say whose they are.
        let isImplied = named == nil && path != "/v1/embeddings" && endpoints.count == 1
        let endpoint = isImplied ? endpoints[0] : try self.endpoint(try fields.requiredString("model"))
        let gatewayContext = GatewayContext(of: context.client)
        let relay = Relay(
            place: endpoint.place(), client: client, path: path, body: fields.object, gatewayContext: gatewayContext,
            context: context, gatekeeper: gatekeeper, timeout: limits.requestTimeout)
        return try await relay.respond(streams: false)
    }

    private func serve(_ order: RelayOrder, _ request: Request, _ context: ServerContext) async throws -> Response {
        if let route = routes.first(where: { $0.name == order.model }) {
            return try await self.route(order, by: route, request, context)
        }
        let endpoint = try self.endpoint(order.model)
        return try await serve(
            order, by: endpoint, gatewayContext(order, context), start: .now, request, context)
    }

    /// Has a model answer.
    /// - Parameters:
    ///   - start: when the request came.
    ///   - routed: what is told of the answer, of a request that was routed.
    ///   - isUrged: whether another model answers if this one cannot at once.
    func serve(
        _ order: RelayOrder, by endpoint: ModelEndpoint, _ gatewayContext: GatewayContext,
        start: ContinuousClock.Instant, routed: RoutedRequest? = nil, isUrged: Bool = false, _ request: Request,
        _ context: ServerContext
    ) async throws -> Response {
        let conversation = Conversation(
            body: order.body, id: request.headers[.conversationID], tenant: context.client.tenant)
        let place = endpoint.place(for: conversation, order: order, routed: routed)
        var ticket: FlightTicket?
        if let key = self.key(order, place.slot, request, context) {
            let watch = try await context.connectionWatch()
            switch try await watch.whileConnected({ try await singleFlight.begin(key) }) {
            case .landed(let answer): return Self.response(answer)
            case .leads(let first): ticket = first
            }
        }
        endpoint.offer(order.body, path: order.path)
        var relay = Relay(
            place: place, client: client, path: order.path, body: order.body, gatewayContext: gatewayContext,
            context: context, gatekeeper: gatekeeper, timeout: limits.requestTimeout, start: start, ticket: ticket)
        relay.isUrged = isUrged
        if let echo = order.echo {
            relay.translation = ResponseTranslation(
                id: FeedbackLedger.name(of: gatewayContext.id ?? ""), created: gatewayContext.created ?? 0,
                model: order.model, echo: echo)
        }
        var response = try await relay.respond(streams: order.streams)
        if ticket != nil { response.headers[.terseCache] = "miss" }
        // What comes from the cache has the name of the answer that was kept.
        if response.status == .ok, let routed, place.isRouted { remember(gatewayContext, routed, context) }
        return response
    }

    /// - Returns: nil for a request whose answer nobody else may have.
    private func key(
        _ order: RelayOrder, _ slot: WorkerSlot, _ request: Request, _ context: ServerContext
    ) -> AnswerKey? {
        let directives = (request.headers[.cacheControl] ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        guard slot.isReady, Set(directives).isDisjoint(with: ["no-store", "no-cache"]) else { return nil }
        return AnswerKey(
            path: order.origin ?? order.path, body: order.body, echo: order.echo,
            modelVersion: "\(slot.model) \(slot.version)", tenant: context.client.tenant)
    }

    func gatewayContext(_ order: RelayOrder, _ context: ServerContext) -> GatewayContext {
        var gatewayContext = GatewayContext(of: context.client)
        let kind = order.path == Self.chat ? "chatcmpl" : "cmpl"
        gatewayContext.id = "\(kind)-" + Hexadecimal.text(.random(in: 0...UInt64.max))
        gatewayContext.created = Int(Date().timeIntervalSince1970)
        gatewayContext.seed = .random(in: 0...UInt64.max)
        gatewayContext.reportsProgress = order.streams
        return gatewayContext
    }

    private static func response(_ answer: CachedAnswer) -> Response {
        let type = answer.streams ? EventWriter.contentType : "application/json"
        var response = Response(text: answer.markedText, contentType: type)
        response.headers[.terseCache] = "hit"
        return response
    }
}
