import Foundation
import TerseJSON
import TerseTensor

/// A JSON document in a file, with access that says what it expected and what it found.
struct JSONFile {
    /// The largest that is read: tokenizer.json files of large vocabularies take some 35 MB.
    static let bytesMax = 256 << 20

    let path: String
    let root: JSONObject

    /// - Throws: `FormatError` (`invalid`) naming path, line and column when it is no JSON object.
    init(path: String) throws(FormatError) {
        let file = try MappedFile.opening(path)
        guard file.count <= Self.bytesMax else {
            throw FormatError(.limitExceeded, "\(path): \(file.count) bytes, the limit is \(Self.bytesMax)")
        }
        let value: JSONValue
        do { value = try JSONValue.parse(file.buffer) } catch {
            throw FormatError(.invalid, "\(path): \(error.message)")
        }
        guard let object = value.objectValue else {
            throw FormatError(.invalid, "\(path): expected a JSON object, found \(value.kindName)")
        }
        self.init(path: path, root: object)
    }

    init(path: String, root: JSONObject) {
        self.path = path
        self.root = root
    }

    /// The file at `path`, or nil when there is none.
    static func ifPresent(path: String) throws(FormatError) -> JSONFile? {
        FileManager.default.fileExists(atPath: path) ? try JSONFile(path: path) : nil
    }

    /// The value of `key`; nil when absent or null.
    subscript(key: String) -> JSONValue? {
        guard let value = root[key], !value.isNull else { return nil }
        return value
    }

    /// The value at the first of `keys` that is there.
    func integer(_ keys: String...) throws(FormatError) -> Int? { try read(keys, "an integer") { $0.intValue } }
    func number(_ keys: String...) throws(FormatError) -> Double? { try read(keys, "a number") { $0.doubleValue } }
    func string(_ keys: String...) throws(FormatError) -> String? { try read(keys, "a string") { $0.stringValue } }
    func bool(_ keys: String...) throws(FormatError) -> Bool? { try read(keys, "true or false") { $0.boolValue } }

    /// The object at `key` as a document of its own.
    func object(_ key: String) throws(FormatError) -> JSONFile? {
        let object = try read([key], "an object") { $0.objectValue }
        return object.map { JSONFile(path: "\(path): \(key)", root: $0) }
    }

    /// An integer at `key` from 1 to `max`, what tells the extent of something.
    func extent(_ key: String, max: Int) throws(FormatError) -> Int? {
        guard let value = try integer(key) else { return nil }
        guard (1...max).contains(value) else {
            throw FormatError(.invalid, "\(path): \(key): expected 1 to \(max), found \(value)")
        }
        return value
    }

    func required<Value>(_ key: String, _ value: Value?) throws(FormatError) -> Value {
        guard let value else { throw FormatError(.missing, "\(path): \(key) is missing") }
        return value
    }

    private func read<Value>(
        _ keys: [String], _ expected: String, _ decode: (JSONValue) -> Value?
    ) throws(FormatError) -> Value? {
        guard let key = keys.first(where: { self[$0] != nil }), let found = self[key] else { return nil }
        guard let value = decode(found) else {
            throw FormatError(.mismatch, "\(path): \(key): expected \(expected), found \(found.kindName)")
        }
        return value
    }
}
