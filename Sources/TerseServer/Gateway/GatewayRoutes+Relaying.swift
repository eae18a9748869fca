import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON

/// Requests on their way to a worker.
extension GatewayRoutes {
    /// A text to generate, and how the answer is told.
    private struct Order {
        let path: String
        let body: JSONObject
        let model: String
        let streams: Bool
        /// What the client calls it, where that is another API.
        var origin: String?
        var echo: JSONObject?
    }

    /// `POST /v1/chat/completions` and `/v1/completions`.
    func generate(_ path: String, _ request: Request, _ context: ServerContext) async throws -> Response {
        let json = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        var fields = try FieldReader(json)
        let order = Order(
            path: path, body: fields.object, model: try fields.requiredString("model"),
            streams: try fields.bool("stream") ?? false)
        return try await serve(order, request, context)
    }

    /// `POST /v1/responses`, which becomes a chat.
    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        let wanted = try ResponsesRequest(
            JSONValue(body: try await request.bytes(within: limits.bodyTimeout)))
        context.tell(unknown: wanted.unknown)
        let order = Order(
            path: Self.chat, body: wanted.chat, model: wanted.model, streams: wanted.streams,
            origin: "/v1/responses", echo: wanted.echo)
        return try await serve(order, request, context)
    }

    /// What needs no generation.
    func relay(_ path: String, _ request: Request, _ context: ServerContext) async throws -> Response {
        let json = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        var fields = try FieldReader(json)
        let named = try fields.string("model")
        // Where there is one model, tokens need not say whose they are.
        let isImplied = named == nil && path != "/v1/embeddings" && deployments.count == 1
        let deployment = isImplied ? deployments[0] : try self.deployment(try fields.requiredString("model"))
        let gatewayContext = GatewayContext(of: context.client)
        let relay = Relay(
            place: deployment.place(), client: client, path: path, body: fields.object, gatewayContext: gatewayContext,
            context: context, gatekeeper: gatekeeper, timeout: limits.requestTimeout)
        return try await relay.respond(streams: false)
    }

    private func serve(_ order: Order, _ request: Request, _ context: ServerContext) async throws -> Response {
        let start = ContinuousClock.now
        let deployment = try self.deployment(order.model)
        let conversation = Conversation(
            body: order.body, id: request.headers[.conversationID], tenant: context.client.tenant)
        let place = deployment.place(for: conversation, path: order.path, body: order.body)
        var ticket: FlightTicket?
        if let key = self.key(order, place.slot, request, context) {
            let watch = try await context.connectionWatch()
            switch try await watch.whileConnected({ try await singleFlight.begin(key) }) {
            case .landed(let answer): return Self.response(answer)
            case .leads(let first): ticket = first
            }
        }
        deployment.offer(order.body, path: order.path)
        let gatewayContext = self.gatewayContext(order, context)
        var relay = Relay(
            place: place, client: client, path: order.path, body: order.body, gatewayContext: gatewayContext,
            context: context, gatekeeper: gatekeeper, timeout: limits.requestTimeout, start: start, ticket: ticket)
        if let echo = order.echo {
            relay.translation = ResponseTranslation(
                id: String((gatewayContext.id ?? "").drop { $0 != "-" }.dropFirst()),
                created: gatewayContext.created ?? 0, model: order.model, echo: echo)
        }
        var response = try await relay.respond(streams: order.streams)
        if ticket != nil { response.headers[.terseCache] = "miss" }
        return response
    }

    /// - Returns: nil for a request whose answer nobody else may have.
    private func key(
        _ order: Order, _ slot: WorkerSlot, _ request: Request, _ context: ServerContext
    ) -> AnswerKey? {
        let directives = (request.headers[.cacheControl] ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        guard slot.isReady, Set(directives).isDisjoint(with: ["no-store", "no-cache"]) else { return nil }
        return AnswerKey(
            path: order.origin ?? order.path, body: order.body, echo: order.echo,
            modelVersion: "\(slot.model) \(slot.version)", tenant: context.client.tenant)
    }

    private func gatewayContext(_ order: Order, _ context: ServerContext) -> GatewayContext {
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
