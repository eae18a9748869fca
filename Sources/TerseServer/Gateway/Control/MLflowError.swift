import HTTPTypes
import Hummingbird
import TerseJSON

/// What MLflow's clients are told of a request that was not served.
struct MLflowError: Error {
    let status: HTTPResponse.Status
    /// MLflow's word for it.
    let code: String
    let message: String

    static func invalid(_ message: String) -> MLflowError {
        MLflowError(status: .badRequest, code: "INVALID_PARAMETER_VALUE", message: message)
    }

    init(status: HTTPResponse.Status, code: String, message: String) {
        (self.status, self.code, self.message) = (status, code, message)
    }

    init(_ error: APIError) {
        let code =
            switch error.status {
            case .forbidden: "PERMISSION_DENIED"
            case .notFound: "RESOURCE_DOES_NOT_EXIST"
            case .conflict: "RESOURCE_CONFLICT"
            case .serviceUnavailable: "TEMPORARILY_UNAVAILABLE"
            default: error.status.code < 500 ? "INVALID_PARAMETER_VALUE" : "INTERNAL_ERROR"
            }
        self.init(status: error.status, code: code, message: error.message)
    }

    var response: Response {
        Response(["error_code": .string(code), "message": .string(message)], status: status)
    }
}
