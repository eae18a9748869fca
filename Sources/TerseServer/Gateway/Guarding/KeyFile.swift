import Foundation
import TerseJSON
import TerseRegistry

/// The file of keys: a JSON object with the member `keys`, a list of
/// `{"name", "sha256", "requests_per_minute", "tokens_per_minute", "priority", "administrator"}`, of which the first two
/// are needed.
public enum KeyFile {
    public static let keysMax = 4096
    private static let bytesMax = 4 << 20
    /// Names of administrators are recorded in the registry, which takes no longer ones.
    private static let nameLengthMax = RegistryLimits.authorCharactersMax

    /// - Throws: `ServerError` naming the file and what is wrong in it.
    public static func read(_ path: String) throws(ServerError) -> [APIKey] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ServerError("\(path): cannot be read")
        }
        do {
            let json = try JSONValue.parse(data, limits: JSONLimits(maximumDepth: 8, maximumBytes: bytesMax))
            return try keys(json)
        } catch {
            throw ServerError("\(path): \(error)")
        }
    }

    private static func keys(_ json: JSONValue) throws -> [APIKey] {
        var fields = try FieldReader(json)
        guard let elements = try fields.array("keys", countMax: keysMax) else { throw fields.missing("keys") }
        try refuseUnknown(fields)
        let keys = try elements.enumerated().map { try key($1, path: "keys[\($0)]") }
        guard Set(keys.map(\.name)).count == keys.count else { throw ServerError("keys: two of one name") }
        return keys
    }

    private static func key(_ json: JSONValue, path: String) throws -> APIKey {
        var fields = try FieldReader(json, path: path)
        let name = try fields.requiredString("name")
        guard (1...nameLengthMax).contains(name.unicodeScalars.count), !name.unicodeScalars.contains("\0") else {
            throw ServerError(
                "\(path).name: expected 1 to \(nameLengthMax) characters, found \(name.prefix(nameLengthMax))")
        }
        let digits = Array(try fields.requiredString("sha256").utf8)
        let hash = stride(from: 0, to: digits.count, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index..<min(index + 2, digits.count)], as: UTF8.self), radix: 16)
        }
        guard digits.count == 64, hash.count == 32 else {
            throw ServerError("\(path).sha256: expected 64 hexadecimal digits")
        }
        let limits = RateLimits(
            requestsPerMinute: try fields.integer("requests_per_minute", in: 1...Int(Int32.max)),
            tokensPerMinute: try fields.integer("tokens_per_minute", in: 1...Int(Int32.max)))
        let priority = try fields.integer("priority", in: -100...100) ?? 0
        let isAdministrator = try fields.bool("administrator") ?? false
        try refuseUnknown(fields)
        return APIKey(
            name: name, hash: hash, limits: limits, priority: priority, isAdministrator: isAdministrator)
    }

    private static func refuseUnknown(_ fields: FieldReader) throws {
        guard let name = fields.unknown.first else { return }
        throw ServerError("\(fields.name(of: name)): there is no such setting")
    }
}
