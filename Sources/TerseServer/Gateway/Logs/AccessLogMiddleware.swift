import Hummingbird
import Logging

/// Logs and counts each request when its response is known: what was asked and how it went, nothing of what it says.
struct AccessLogMiddleware: RouterMiddleware {
    let figures: AccessFigures

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        figures.count(path: context.endpointPath ?? AccessFigures.unknownPath, status: response.status.code)
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
