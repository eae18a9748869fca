import Hummingbird

/// Lets only administrators' keys through; on a server without keys, everybody if it can be reached from this machine
/// alone.
struct AdministratorMiddleware: RouterMiddleware {
    /// Whether no key is needed.
    let isOpen: Bool

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard isOpen || context.client.isAdministrator else {
            let reason =
                context.client.name.isEmpty
                ? "this server can be reached from beyond its machine and has no keys"
                : "the key is no administrator's"
            throw APIError(.forbidden, .permission, "the registry is not shown: \(reason)", code: "not_administrator")
        }
        return try await next(request, context)
    }
}
