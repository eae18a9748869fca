import HTTPTypes
import Hummingbird
import Logging

/// Names each request, for logs and in its response, and takes up the trace that it belongs to.
struct RequestNameMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.trace = TraceContext(parent: request.headers[.traceParent], state: request.headers[.traceState])
        context.requestID = Self.requestID(request.headers[.requestID])
        context.logger[metadataKey: "hb.request.id"] = nil
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        context.logger[metadataKey: "trace_id"] = .string(context.trace.traceID)
        context.logger[metadataKey: "span_id"] = .string(context.trace.spanID)
        var response = try await next(request, context)
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
}
