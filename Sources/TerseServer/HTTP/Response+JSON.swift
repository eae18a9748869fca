import HTTPTypes
import Hummingbird
import NIOCore
import TerseJSON

extension Response {
    init(_ json: JSONValue, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json.serialized())))
    }

    init(text: String, contentType: String, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    init(_ error: APIError) {
        self.init(error.json, status: error.status)
        if let seconds = error.retryAfterSeconds { headers[.retryAfter] = "\(seconds)" }
        // What is left of a body that was not read cannot be told from the next request.
        if error.status == .contentTooLarge || error.status == .requestTimeout { headers[.connection] = "close" }
    }
}
