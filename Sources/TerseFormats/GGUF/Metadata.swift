/// GGUF metadata: keys in file order, each once, with typed access that says what it expected and what it found.
public struct Metadata: Sendable {
    /// The file that errors name.
    public var source: String
    /// In file order.
    public private(set) var keys: [String] = []
    private var values: [String: MetadataValue] = [:]

    /// Metadata without keys.
    public init(source: String = "") {
        self.source = source
    }

    /// The number of keys.
    public var count: Int { keys.count }

    /// The value of `key`. Assigning a new key appends it; assigning nil removes the key.
    public subscript(_ key: String) -> MetadataValue? {
        get { values[key] }
        set {
            let old = values[key]
            values[key] = newValue
            if old == nil, newValue != nil { keys.append(key) }
            if old != nil, newValue == nil { keys.removeAll { $0 == key } }
        }
    }

    /// The integer at `key`, whatever its width; nil when absent.
    /// - Throws: `FormatError` (`mismatch`) when the value is something else.
    public func integer(_ key: String) throws(FormatError) -> Int? {
        try value(key, "an integer") { $0.integerValue }
    }

    /// The number at `key`, float or integer of any width; nil when absent.
    public func number(_ key: String) throws(FormatError) -> Double? {
        try value(key, "a number") { $0.numberValue }
    }

    /// The string at `key`; nil when absent.
    /// - Throws: as `integer`.
    public func string(_ key: String) throws(FormatError) -> String? {
        try value(key, "a string") { $0.stringValue }
    }

    /// The truth value at `key`; nil when absent.
    /// - Throws: as `integer`.
    public func bool(_ key: String) throws(FormatError) -> Bool? {
        try value(key, "a bool") { $0.boolValue }
    }

    /// The array at `key`, not yet decoded; nil when absent.
    /// - Throws: as `integer`.
    public func array(_ key: String) throws(FormatError) -> MetadataArray? {
        try value(key, "an array") { $0.arrayValue }
    }

    /// The strings at `key`, ill-formed UTF-8 repaired; nil when absent.
    /// - Throws: as `integer`.
    public func strings(_ key: String) throws(FormatError) -> [String]? {
        try value(key, "an array of strings") { $0.arrayValue?.strings }
    }

    /// The integers at `key`, whatever their width; nil when absent.
    /// - Throws: as `integer`.
    public func integers(_ key: String) throws(FormatError) -> [Int]? {
        try value(key, "an array of integers") { $0.arrayValue?.integers }
    }

    /// The numbers at `key`, rounded to float32; nil when absent.
    /// - Throws: as `integer`.
    public func floats(_ key: String) throws(FormatError) -> [Float]? {
        try value(key, "an array of numbers") { $0.arrayValue?.floats }
    }

    /// - Throws: `FormatError` (`missing`) when there is no such key, `mismatch` when it is no integer.
    public func requiredInteger(_ key: String) throws(FormatError) -> Int { try required(key, integer(key)) }
    /// As `requiredInteger`, for a number.
    public func requiredNumber(_ key: String) throws(FormatError) -> Double { try required(key, number(key)) }
    /// As `requiredInteger`, for a string.
    public func requiredString(_ key: String) throws(FormatError) -> String { try required(key, string(key)) }

    private func value<Value>(
        _ key: String, _ expected: String, _ decode: (MetadataValue) -> Value?
    ) throws(FormatError) -> Value? {
        guard let found = values[key] else { return nil }
        guard let value = decode(found) else {
            throw FormatError(.mismatch, "\(source): metadata key \(key): expected \(expected), found \(found.summary)")
        }
        return value
    }

    private func required<Value>(_ key: String, _ value: Value?) throws(FormatError) -> Value {
        guard let value else { throw FormatError(.missing, "\(source): metadata key \(key) is missing") }
        return value
    }
}

extension MetadataValue {
    /// Type and value in a few words, for messages and listings: `uint32 5`, `string[128256]`.
    public var summary: String {
        switch self {
        case .string(let text):
            "string \"\(text.prefix(Self.summaryLengthMax))\(text.count > Self.summaryLengthMax ? "…" : "")\""
        case .array(let array): "\(array.elementType)[\(array.count)]"
        case .bool(let value): "bool \(value)"
        case .float32(let value): "float32 \(value)"
        case .float64(let value): "float64 \(value)"
        case .uint64(let value): "uint64 \(value)"
        default: "\(type) \(integerValue ?? 0)"
        }
    }

    private static var summaryLengthMax: Int { 60 }
}
