import HTTPTypes
import NIOCore
import TerseJSON

/// What is told to a client whose request was not served: an error object of OpenAI's API, and the status that goes
/// with it.
struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of error it is, in OpenAI's words.
    enum Kind: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case permission = "permission_error"
        case rateLimit = "rate_limit_error"
        case server = "server_error"
        case timeout = "timeout_error"
        case unavailable = "service_unavailable_error"
    }

    let status: HTTPResponse.Status
    let kind: Kind
    /// A word for programs, where there is one.
    let code: String?
    let message: String
    /// The member of the request's body that is wrong.
    let parameter: String?
    /// When to try again.
    let retryAfter: Duration?

    init(
        _ status: HTTPResponse.Status, _ kind: Kind, _ message: String, parameter: String? = nil, code: String? = nil,
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.kind = kind
        self.message = message
        self.parameter = parameter
        self.code = code
        self.retryAfter = retryAfter
    }

    /// A request that breaks a rule: 400.
    static func invalid(_ message: String, parameter: String? = nil, code: String? = nil) -> APIError {
        APIError(.badRequest, .invalidRequest, message, parameter: parameter, code: code)
    }

    /// What a worker answered.
    init(_ status: HTTPResponse.Status, _ body: ByteBuffer) {
        let error = (try? JSONValue.parse(body.readableBytesView))?["error"]
        self.init(
            status, error?["type"]?.stringValue.flatMap(Kind.init) ?? .server,
            error?["message"]?.stringValue ?? "the worker answered \(status.code)",
            parameter: error?["param"]?.stringValue, code: error?["code"]?.stringValue)
    }

    /// A request whose time was over before its answer was whole: 504.
    static let timedOut = APIError(
        .gatewayTimeout, .timeout, "the time that the request was given is over", code: "timeout")

    /// Of a client that went away while its request was being served: 499, as nginx has it. It is for logs and metrics:
    /// nobody receives it.
    static let clientGone = APIError(
        HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"), .invalidRequest, "the client went away")

    /// Of a request that was not done when the time was over that a server has which is to end: 503.
    static let serverEnding = APIError(
        .serviceUnavailable, .unavailable, "the server is ending", retryAfter: .seconds(5))

    var description: String { message }

    /// `{"error": {…}}`.
    var json: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(kind.rawValue),
                "param": parameter.map { .string($0) } ?? .null, "code": code.map { .string($0) } ?? .null,
            ]
        ]
    }

    /// Whole seconds for `Retry-After`, one at least.
    var retryAfterSeconds: Int? {
        retryAfter.map { max(1, Int($0.components.seconds) + ($0.components.attoseconds > 0 ? 1 : 0)) }
    }
}
