import Crypto
import Foundation
import TerseJSON

/// What stays the same within a conversation, and whether a request can be its first.
struct Conversation: Sendable, Equatable {
    /// The same for all its requests, as far as requests say.
    let key: String
    /// Whether earlier turns are told with it.
    let goesOn: Bool

    /// The client's `x-conversation-id`, whatever else a request says; else the messages up to the user's first, or the prompt,
    /// with `user` and `prompt_cache_key` where they are told.
    init(body: JSONObject, id: String?, tenant: UInt32) {
        let messages = body["messages"]?.arrayValue
        var parts = ["\(tenant)"]
        if let id {
            parts += ["id", id]
        } else {
            parts += ["user", "prompt_cache_key"].map { body[$0]?.stringValue ?? "" }
            if let messages {
                let end = messages.firstIndex { Self.role(of: $0) == "user" }.map { $0 + 1 } ?? messages.count
                parts += messages[..<end].map { $0.serialized() }
            } else {
                parts.append(body["prompt"]?.serialized() ?? "")
            }
        }
        var hash = SHA256()
        for part in parts { hash.update(data: Data("\(part.utf8.count) \(part)".utf8)) }
        key = Hexadecimal.text(hash.finalize().prefix(16))
        goesOn = messages?.contains { ["assistant", "tool"].contains(Self.role(of: $0)) } ?? false
    }

    private static func role(of message: JSONValue) -> String? { message["role"]?.stringValue }
}
