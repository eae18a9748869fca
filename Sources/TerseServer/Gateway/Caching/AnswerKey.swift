import Crypto
import Foundation
import TerseJSON

/// What decides an answer: everything that was asked, who asked it, and which weights answer.
struct AnswerKey: Sendable, Hashable {
    private let hash: [UInt8]

    /// Members of a body that do not change the answer.
    private static let idle = ["user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"]

    /// - Returns: nil for a request whose answer is left to chance, neither greedy nor with a seed, or whose time is short.
    /// - Parameter echo: what the answer tells again of the request besides.
    init?(path: String, body: JSONObject, echo: JSONObject? = nil, modelVersion: String, tenant: UInt32) {
        let isGreedy = body["temperature"]?.doubleValue == 0
        guard isGreedy || body["seed"]?.isNull == false, body["timeout"]?.isNull ?? true else { return nil }
        let members = body.filter { !Self.idle.contains($0.key) && $0.key != "terse" }.sorted { $0.key < $1.key }
        var hash = SHA256()
        // Below the top, members stay in their order: that of a schema's properties decides the answer.
        let parts = [path, modelVersion, "\(tenant)", JSONValue.object(echo ?? [:]).serialized()]
        for part in parts + members.flatMap({ [$0.key, $0.value.serialized()] }) {
            let bytes = Data(part.utf8)
            withUnsafeBytes(of: bytes.count) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        self.hash = Array(hash.finalize())
    }
}
