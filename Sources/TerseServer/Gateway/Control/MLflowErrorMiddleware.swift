import Hummingbird

/// Spells whatever is thrown below as MLflow's clients read it.
struct MLflowErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as MLflowError {
            return error.response
        } catch let error as APIError {
            return MLflowError(error).response
        }
    }
}
