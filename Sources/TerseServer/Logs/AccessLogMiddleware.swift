import Hummingbird
import Logging

/// Logs each request when its response is known: what was asked and how it went, nothing of what it says.
struct AccessLogMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let seconds = start.duration(to: .now) / .seconds(1)
        context.logger.info(
            "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
                "seconds": "\(seconds)",
            ])
        return response
    }
}
