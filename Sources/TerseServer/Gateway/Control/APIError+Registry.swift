import HTTPTypes
import TerseRegistry

extension APIError {
    /// What the registry refused.
    init(_ error: RegistryError) {
        switch error.code {
        case .notFound: self.init(.notFound, .invalidRequest, error.message, code: "not_found")
        case .invalid, .limitExceeded: self = .invalid(error.message, code: "invalid_value")
        case .conflict: self.init(.conflict, .invalidRequest, error.message, code: "conflict")
        case .busy:
            self.init(.serviceUnavailable, .unavailable, error.message, code: "busy", retryAfter: .seconds(1))
        case .noSpace: self.init(HTTPResponse.Status(code: 507), .server, error.message, code: "no_space")
        case .corrupt, .foreign, .system, .cancelled:
            self.init(.internalServerError, .server, error.message, code: "registry_failed")
        }
    }
}
