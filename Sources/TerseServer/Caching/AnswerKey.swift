import Crypto
import Foundation
import TerseJSON

/// What decides an answer: everything that was asked, who asked it, and which weights answer.
struct AnswerKey: Sendable, Hashable {
    private let hash: [UInt8]

    /// Members of a body that do not change the answer.
    private static let idle = ["user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"]

    /// - Returns: nil for a request whose answer is left to chance: neither greedy nor with a seed.
    init?(path: String, body: JSONObject, modelVersion: String, tenant: UInt32) {
        let isGreedy = body["temperature"]?.doubleValue == 0
        guard isGreedy || body["seed"]?.intValue != nil else { return nil }
        var body = body
        for member in Self.idle + ["terse"] { body[member] = nil }
        var style = JSONStyle.compact
        style.sortsKeys = true
        var hash = SHA256()
        for part in [path, modelVersion, "\(tenant)", JSONValue.object(body).serialized(style)] {
            let bytes = Data(part.utf8)
            withUnsafeBytes(of: bytes.count) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        self.hash = Array(hash.finalize())
    }
}
