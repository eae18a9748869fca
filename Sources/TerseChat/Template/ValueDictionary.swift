/// A Python dictionary: ordered, keys of any hashable kind.
struct ValueDictionary {
    private(set) var entries: [(key: Value, value: Value)] = []
    /// Of each entry, kept so that looking one up costs nothing for keys that are large.
    private var keys: [DictionaryKey] = []
    /// Positions in `entries`, once there are more than a few.
    private var positions: [DictionaryKey: Int] = [:]
    /// How deeply values nest in this one, itself included.
    private(set) var depth = 1

    private static let scannedCount = 8

    var count: Int { entries.count }

    /// - Parameter key: hashable (`Interpreter.requireHashable`).
    subscript(key: Value) -> Value? { position(of: DictionaryKey(key)).map { entries[$0].value } }

    subscript(key: String) -> Value? { self[.string(key)] }

    /// A key that is there keeps its place.
    mutating func set(_ key: Value, _ value: Value) {
        depth = max(depth, 1 + max(key.depth, value.depth))
        let form = DictionaryKey(key)
        if let position = position(of: form) {
            entries[position].value = value
            return
        }
        entries.append((key, value))
        keys.append(form)
        if entries.count == Self.scannedCount + 1 {
            for (position, key) in keys.enumerated() { positions[key] = position }
        } else if entries.count > Self.scannedCount {
            positions[form] = entries.count - 1
        }
    }

    mutating func removeAll() { self = ValueDictionary() }

    private func position(of key: DictionaryKey) -> Int? {
        entries.count > Self.scannedCount ? positions[key] : keys.firstIndex(of: key)
    }
}

/// Equality and hash of hashable values as Python has them: `1`, `1.0` and `True` are one key, and strings are compared
/// code point by code point.
struct DictionaryKey: Hashable {
    private enum Form: Hashable {
        case none
        case undefined
        case number(Double)
        case integer(Int)
        case text(Bytes)
        case tuple([DictionaryKey])
        case range(Int, Int, Int)
        case object(ObjectIdentifier)
        case other(String)
    }

    /// Hashes UTF-8 where `String` would compare up to canonical equivalence.
    private struct Bytes: Hashable {
        let text: String

        static func == (left: Bytes, right: Bytes) -> Bool { left.text.isSameText(as: right.text) }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }

    private let form: Form

    init(_ value: Value) {
        form =
            switch value {
            case .none: .none
            case .undefined: .undefined
            case .bool(let value): .integer(value ? 1 : 0)
            case .integer(let value): .integer(value)
            case .number(let value): Int(exactly: value).map { .integer($0) } ?? .number(value)
            case .string(let text), .markup(let text): .text(Bytes(text: text))
            case .tuple(let list): .tuple(list.elements.map(DictionaryKey.init))
            case .range(let range): .range(range.start, range.stop, range.step)
            case .namespace(let object): .object(ObjectIdentifier(object))
            case .iterator(let object): .object(ObjectIdentifier(object))
            case .loop(let object): .object(ObjectIdentifier(object))
            case .function(.macro(let object)): .object(ObjectIdentifier(object))
            case .function(.joiner(let object)): .object(ObjectIdentifier(object))
            case .function(.cycler(let object)): .object(ObjectIdentifier(object))
            case .function(.builtin(let name)): .other(name)
            case .function(.method(_, let name)): .other("method " + name)
            case .list, .dictionary, .view: .other("unhashable")
            }
    }
}
