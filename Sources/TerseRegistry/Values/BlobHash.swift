import Crypto

/// The SHA-256 of a file's bytes in 64 lower-case hexadecimal digits: its name in the store.
public struct BlobHash: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    static let digits = 64

    /// - Parameter what: what has the hash, for the message.
    /// - Throws: `RegistryError` (`invalid`).
    public init(_ text: String, of what: String) throws(RegistryError) {
        guard let hash = BlobHash(text) else {
            throw RegistryError(
                .invalid,
                "\(what): expected a SHA-256 of 64 lower-case hexadecimal digits, found \(text.prefix(80).debugDescription)"
            )
        }
        self = hash
    }

    /// The hash of these bytes.
    public static func of(_ bytes: some Sequence<UInt8>) -> BlobHash {
        BlobHash(SHA256.hash(data: Array(bytes)))
    }

    init?(_ text: String) {
        let isHash =
            text.utf8.count == Self.digits
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isHash else { return nil }
        description = text
    }

    init(_ digest: SHA256.Digest) {
        description = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// The folder of the store that it is in.
    var prefix: String { String(description.prefix(2)) }
}
