import Hummingbird
import NIOCore
import TerseJSON

extension Request {
    /// The whole body, within the limits of size and time.
    /// - Throws: `APIError`: 413, 408, 400.
    func bytes(within timeout: Duration) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > APILimits.bodyBytesMax {
            throw Self.tooLarge
        }
        let late = APIError(.requestTimeout, .invalidRequest, "the body did not come within \(timeout)")
        return try await Deadline.race(timeout, orThrow: late) {
            var request = self
            do {
                return try await request.collectBody(upTo: APILimits.bodyBytesMax)
            } catch is NIOTooManyBytesError {
                throw Self.tooLarge
            }
        }
    }

    private static var tooLarge: APIError {
        APIError(
            .contentTooLarge, .invalidRequest, "the body is larger than \(APILimits.bodyBytesMax) bytes",
            code: "request_too_large")
    }
}

extension JSONValue {
    /// A body.
    /// - Throws: `APIError` (400) with line and column.
    init(body: ByteBuffer) throws(APIError) {
        let limits = JSONLimits(maximumDepth: APILimits.bodyDepthMax, maximumBytes: APILimits.bodyBytesMax)
        do throws(JSONError) { self = try JSONValue.parse(body.readableBytesView, limits: limits) } catch {
            throw .invalid("the body is no JSON: \(error.message)", code: "invalid_json")
        }
    }
}
