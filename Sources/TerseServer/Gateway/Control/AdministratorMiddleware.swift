import Hummingbird

/// Lets only administrators through.
struct AdministratorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard context.client.isAdministrator else {
            let reason =
                context.client.name.isEmpty
                ? "this server can be reached from beyond its machine and has no keys"
                : "the key is no administrator's"
            throw APIError(.forbidden, .permission, "the registry is not shown: \(reason)", code: "not_administrator")
        }
        return try await next(request, context)
    }
}
