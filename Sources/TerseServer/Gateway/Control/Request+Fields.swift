import Hummingbird
import TerseJSON

extension Request {
    /// The members of a body, which may be missing.
    func fields(within timeout: Duration) async throws -> FieldReader {
        let bytes = try await bytes(within: timeout)
        return bytes.readableBytes == 0 ? FieldReader(JSONObject()) : try FieldReader(JSONValue(body: bytes))
    }
}

extension FieldReader {
    /// - Throws: `APIError` (400) naming a member that nobody asked for.
    func refuseUnknown() throws(APIError) {
        guard let unknown = unknown.first else { return }
        throw APIError.invalid("\(unknown): there is no such member", parameter: unknown)
    }
}
