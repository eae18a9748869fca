import TerseJSON

/// A JSON value so that equal ones, as JSON Schema has it, are equal: 1 is 1.0, and members have no order.
struct CanonicalValue: Hashable {
    private let bytes: [UInt8]

    init(_ value: JSONValue, _ meter: WorkMeter) throws(GrammarError) {
        var bytes: [UInt8] = []
        try Self.write(value, to: &bytes, meter)
        self.bytes = bytes
    }

    private static func write(_ value: JSONValue, to bytes: inout [UInt8], _ meter: WorkMeter) throws(GrammarError) {
        try meter.spend(1)
        switch value {
        case .null: bytes.append(UInt8(ascii: "z"))
        case .bool(let value): bytes.append(UInt8(ascii: value ? "t" : "f"))
        case .integer, .number:
            append("n", DecimalNumber(value)?.canonicalText ?? "\(value)", to: &bytes)
        case .string(let text):
            try meter.spend(text.utf8.count / 8)
            append("s", text, to: &bytes)
        case .array(let elements):
            append("a", String(elements.count), to: &bytes)
            for element in elements { try write(element, to: &bytes, meter) }
        case .object(let object):
            append("o", String(object.count), to: &bytes)
            for (name, value) in object.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                try meter.spend(1 + name.utf8.count / 8)
                append("s", name, to: &bytes)
                try write(value, to: &bytes, meter)
            }
        }
    }

    /// The length before the text tells where it ends.
    private static func append(_ kind: Unicode.Scalar, _ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: kind))
        bytes.append(contentsOf: String(text.utf8.count).utf8)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: text.utf8)
    }
}
