import Foundation
import HTTPTypes
import Synchronization
import TerseEngine

/// Knows the keys and what each has left. Without keys, everybody may come in.
final class Gatekeeper: Sendable {
    /// Who sent a request.
    struct Client: Sendable {
        /// The key's name; empty where there are none.
        let name: String
        /// The key's number, 0 where there are none: who shares cached tokens, and fair shares of the engine.
        let tenant: UInt32
        let priority: Int
        /// The most urgent that its requests may be: what the key says, where there are keys.
        var priorityMax = SchedulerLimits.prioritySpan.upperBound
        /// Whether it may see and change the registry.
        var isAdministrator = false
    }

    private struct Entry {
        let client: Client
        var limiter: RateLimiter
    }

    /// Whether no key is asked for.
    let isOpen: Bool
    private let entries: Mutex<[[UInt8]: Entry]>
    private let epoch = ContinuousClock.now

    /// Without keys, everybody who sits at the machine is an administrator.
    private let isLoopback: Bool

    /// - Parameter isLoopback: whether the server can be reached from this machine alone.
    init(_ keys: [APIKey], isLoopback: Bool) {
        isOpen = keys.isEmpty
        self.isLoopback = isLoopback
        var entries: [[UInt8]: Entry] = [:]
        for (index, key) in keys.enumerated() {
            let client = Client(
                name: key.name, tenant: UInt32(index + 1), priority: key.priority, priorityMax: key.priority,
                isAdministrator: key.isAdministrator)
            entries[key.hash] = Entry(client: client, limiter: RateLimiter(key.limits, now: .zero))
        }
        self.entries = Mutex(entries)
    }

    private var now: Duration { epoch.duration(to: .now) }

    /// - Throws: `APIError` (401).
    func identify(_ headers: HTTPFields) throws(APIError) -> (client: Client, hash: [UInt8]) {
        if isOpen { return (Client(name: "", tenant: 0, priority: 0, isAdministrator: isLoopback), []) }
        guard let key = Self.key(headers) else {
            throw APIError(
                .unauthorized, .authentication, "no key was given: send \"Authorization: Bearer KEY\"",
                code: "missing_api_key")
        }
        // What is compared are hashes: how long that takes says nothing about a key.
        let hash = APIKey.hash(of: key)
        guard let client = entries.withLock({ $0[hash]?.client }) else {
            throw APIError(.unauthorized, .authentication, "this key is not known", code: "invalid_api_key")
        }
        return (client, hash)
    }

    /// A bearer's key, or the password of basic authentication, which is all that some programs can send, such as Flagger, of
    /// which an address may have it (`http://user:KEY@host`). The user's name says nothing.
    private static func key(_ headers: HTTPFields) -> String? {
        let words = (headers[.authorization] ?? "").split(separator: " ")
        guard words.count == 2 else { return nil }
        switch words[0].lowercased() {
        case "bearer": return String(words[1])
        case "basic":
            let pair = Data(base64Encoded: String(words[1])).map { String(decoding: $0, as: UTF8.self) }
            return pair?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
                .map(String.init)
        default: return nil
        }
    }

    /// Counts a request that is to be served.
    /// - Throws: `APIError` (429).
    func admit(_ hash: [UInt8]) throws(APIError) {
        let refusal: APIError? = entries.withLock { entries in
            do throws(APIError) { try entries[hash]?.limiter.admit(now: now) } catch { return error }
            return nil
        }
        if let refusal { throw refusal }
    }

    func charge(_ hash: [UInt8], _ usage: Usage) {
        entries.withLock { $0[hash]?.limiter.charge(tokens: usage.promptTokens + usage.completionTokens, now: now) }
    }

    func standing(_ hash: [UInt8]) -> RateLimiter.Standing? {
        entries.withLock { $0[hash]?.limiter.standing(now: now) }
    }
}
