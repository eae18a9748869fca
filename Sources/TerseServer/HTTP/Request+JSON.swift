import Hummingbird
import NIOCore
import NIOHTTP1
import TerseJSON

extension Request {
    /// The whole body, within the limits of size and time.
    /// - Throws: `APIError`: 413, 408, 400, 499; `CancellationError`.
    func bytes(within timeout: Duration) async throws -> ByteBuffer {
        guard !announcesTooMuch else { throw Self.tooLarge }
        let late = APIError(.requestTimeout, .invalidRequest, "the body did not come within \(timeout)")
        return try await Deadline.race(timeout, orThrow: late) {
            var request = self
            do {
                let body = try await request.collectBody(upTo: APILimits.bodyBytesMax)
                // To a task that is cancelled, the body seems to end.
                try Task.checkCancellation()
                return body
            } catch is NIOTooManyBytesError {
                throw Self.tooLarge
            } catch let error as HTTPParserError {
                throw APIError.invalid("the body did not come as HTTP/1.1 has it: \(error)")
            } catch let error where !(error is CancellationError) {
                // The connection is broken.
                throw APIError.clientGone
            }
        }
    }

    /// Whether the head says that the body is too large.
    var announcesTooMuch: Bool { headers[.contentLength].flatMap { Int($0) } ?? 0 > APILimits.bodyBytesMax }

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
