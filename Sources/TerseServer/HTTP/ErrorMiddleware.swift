import HTTPTypes
import Hummingbird

/// Turns whatever is thrown below into an error object.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return Response(error)
        } catch let error as HTTPError {
            return Response(Self.error(error.status, request))
        } catch is CancellationError {
            // Only a server that ends cancels what it serves.
            return Response(APIError.serverEnding)
        } catch {
            context.logger.error("request failed", metadata: ["error": "\(error)"])
            return Response(APIError(.internalServerError, .server, "the server failed: \(type(of: error))"))
        }
    }

    private static func error(_ status: HTTPResponse.Status, _ request: Request) -> APIError {
        switch status {
        case .notFound:
            APIError(
                .notFound, .invalidRequest, "there is no \(request.method) \(request.uri.path)", code: "unknown_url")
        default: APIError(status, status.code < 500 ? .invalidRequest : .server, status.reasonPhrase)
        }
    }
}
