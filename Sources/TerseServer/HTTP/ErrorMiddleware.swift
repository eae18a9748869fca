import HTTPTypes
import Hummingbird
import Logging

/// Turns whatever is thrown below into an error object, and names the request in the response.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.trace = TraceContext(parent: request.headers[.traceParent], state: request.headers[.traceState])
        context.requestID = Self.requestID(request.headers[.requestID])
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        context.logger[metadataKey: "trace_id"] = .string(context.trace.traceID)
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as APIError {
            response = Response(error)
        } catch let error as HTTPError {
            response = Response(Self.error(error.status, request))
        } catch {
            context.logger.error("request failed", metadata: ["error": "\(error)"])
            response = Response(APIError(.internalServerError, .server, "the server failed: \(type(of: error))"))
        }
        response.headers[.requestID] = context.requestID
        return response
    }

    /// The client's own, if it is one that may stand in a log.
    private static func requestID(_ given: String?) -> String {
        if let given, !given.isEmpty, given.utf8.count <= APILimits.nameLengthMax,
            given.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            return given
        }
        return "req_" + Hexadecimal.text(.random(in: 0...UInt64.max))
    }

    private static func error(_ status: HTTPResponse.Status, _ request: Request) -> APIError {
        switch status {
        case .notFound:
            APIError(.notFound, .invalidRequest, "there is no \(request.method) \(request.uri.path)", code: "unknown_url")
        default: APIError(status, status.code < 500 ? .invalidRequest : .server, status.reasonPhrase)
        }
    }
}
