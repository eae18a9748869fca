import HTTPTypes
import Hummingbird
import Logging

/// Lets in whoever has a key, within its limits, and tells what is left of them.
struct GatekeeperMiddleware: RouterMiddleware {
    let gatekeeper: Gatekeeper
    /// Whether the server can be reached from this machine alone.
    let isLoopback: Bool

    /// What anybody may ask: whether the server lives, and the page that asks for a key.
    private static let open = Set(["/health", "/v2/health/live", "/v2/health/ready"] + Dashboard.paths)

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard !Self.open.contains(request.uri.path) else { return try await next(request, context) }
        try refuseStrangePages(request)
        let (client, hash) = try gatekeeper.identify(request.headers)
        var context = context
        (context.client, context.keyHash) = (client, hash)
        if !client.name.isEmpty { context.logger[metadataKey: "key"] = .string(client.name) }
        var response: Response
        do {
            if request.method == .post { try gatekeeper.admit(hash) }
            response = try await next(request, context)
        } catch let error as APIError {
            response = Response(error)
        }
        if let standing = gatekeeper.standing(hash) { Self.tell(standing, in: &response.headers) }
        return response
    }

    private static func isLoopback(_ authority: String) -> Bool {
        loopbackNames.contains { authority == $0 || authority.hasPrefix($0 + ":") }
    }

    private static let loopbackNames = ["localhost", "127.0.0.1", "[::1]"]

    /// Pages of other sites, which a browser on this machine has open, may not use a server that asks for no key; nor may
    /// those whose name was made to lead here.
    private func refuseStrangePages(_ request: Request) throws(APIError) {
        guard gatekeeper.isOpen else { return }
        // Browsers tell no origin of what a page reads from the name that it has itself.
        if isLoopback, let name = request.head.authority, !Self.isLoopback(name) {
            throw APIError(
                .forbidden, .permission,
                "expected a name of this machine in Host, found \(name.prefix(APILimits.nameLengthMax))",
                code: "host_not_allowed")
        }
        guard let origin = request.headers[.origin] else { return }
        let page = origin.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
        let isOwn = page == request.head.authority && !isLoopback
        guard isOwn || Self.isLoopback(page) else {
            throw APIError(
                .forbidden, .permission, "pages of \(origin.prefix(APILimits.nameLengthMax)) may not use this server",
                code: "origin_not_allowed")
        }
    }

    private static func tell(_ standing: RateLimiter.Standing, in headers: inout HTTPFields) {
        if let quota = standing.requests {
            headers[.limitRequests] = "\(quota.limit)"
            headers[.remainingRequests] = "\(quota.remaining)"
            headers[.resetRequests] = text(quota.reset)
        }
        if let quota = standing.tokens {
            headers[.limitTokens] = "\(quota.limit)"
            headers[.remainingTokens] = "\(quota.remaining)"
            headers[.resetTokens] = text(quota.reset)
        }
    }

    /// As OpenAI spells times: `6.5s`.
    private static func text(_ duration: Duration) -> String {
        let milliseconds = Int((duration / .milliseconds(1)).rounded(.up))
        return milliseconds < 1000 ? "\(milliseconds)ms" : "\(Double(milliseconds) / 1000)s"
    }
}
