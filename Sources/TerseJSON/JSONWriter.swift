/// Writes values as UTF-8.
struct JSONWriter {
    let style: JSONStyle
    private(set) var output: [UInt8] = []

    init(style: JSONStyle) { self.style = style }

    mutating func write(_ value: JSONValue, level: Int = 0) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? value.shortestDecimal : nonFinite(value))
        case .string(let value): write(value)
        case .array(let elements):
            write(elements, open: "[", close: "]", level: level) { writer, element in
                writer.write(element, level: level + 1)
            }
        case .object(let object):
            let members = style.sortsKeys ? object.members.sorted { $0.key.precedes($1.key) } : object.members
            write(members, open: "{", close: "}", level: level) { writer, member in
                writer.write(member.key)
                writer.append(writer.style.keySeparator)
                writer.write(member.value, level: level + 1)
            }
        }
    }

    private func nonFinite(_ value: Double) -> String {
        guard style.writesNonFinite else { return "null" }
        return value.isNaN ? "NaN" : (value > 0 ? "Infinity" : "-Infinity")
    }

    private mutating func write<Item>(
        _ items: [Item], open: String, close: String, level: Int, _ body: (inout JSONWriter, Item) -> Void
    ) {
        append(open)
        for (index, item) in items.enumerated() {
            if index > 0 { append(style.itemSeparator) }
            breakLine(level: level + 1)
            body(&self, item)
        }
        if !items.isEmpty { breakLine(level: level) }
        append(close)
    }

    private mutating func breakLine(level: Int) {
        guard let indent = style.indent else { return }
        output.append(UInt8(ascii: "\n"))
        for _ in 0..<level { append(indent) }
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        if style.escapesNonASCII {
            for unit in text.utf16 { if unit < 0x80 { writeByte(UInt8(unit)) } else { writeEscape(unit) } }
        } else {
            for byte in text.utf8 { writeByte(byte) }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func writeByte(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0..<0x20: writeEscape(UInt16(byte))
        default: output.append(byte)
        }
    }

    private mutating func writeEscape(_ unit: UInt16) {
        let digits = String(unit, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
    }
}

extension String {
    /// Order of code points, which is the order of UTF-8 bytes.
    fileprivate func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension JSONValue {
    /// The value as text. Infinity and NaN, which the parser never gives, are written as the style says.
    public func serialized(_ style: JSONStyle) -> String {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return String(decoding: writer.output, as: UTF8.self)
    }

    /// The value as text: without white space, or in lines indented by two spaces.
    public func serialized(pretty: Bool = false) -> String { serialized(pretty ? .pretty : .compact) }
}
