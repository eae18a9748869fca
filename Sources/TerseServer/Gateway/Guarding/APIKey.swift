import Crypto
import Foundation

/// A client's key as it is kept: a hash of it, and what it is good for.
public struct APIKey: Sendable, Equatable {
    /// What logs and metrics call it.
    public let name: String
    /// SHA-256 of the key.
    let hash: [UInt8]
    public let limits: RateLimits
    /// Greater is more urgent.
    public let priority: Int
    /// Whether it may see and change the registry.
    public let isAdministrator: Bool

    public init(
        name: String, hash: [UInt8], limits: RateLimits = RateLimits(), priority: Int = 0, isAdministrator: Bool = false
    ) {
        self.name = name
        self.hash = hash
        self.limits = limits
        self.priority = priority
        self.isAdministrator = isAdministrator
    }

    /// Keys are long and random, so that one round of SHA-256 keeps them.
    public static func hash(of key: String) -> [UInt8] { Array(SHA256.hash(data: Data(key.utf8))) }

    /// A key that nobody has.
    public static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return "tk-" + (0..<4).map { _ in Hexadecimal.text(generator.next() as UInt64) }.joined()
    }
}
