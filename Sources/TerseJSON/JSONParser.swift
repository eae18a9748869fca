/// Recursive descent over bytes. Strings become `String` in one step each, so the cost of a character is one comparison.
struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let limits: JSONLimits
    /// Of the next byte to read.
    var offset = 0
    private var depth = 0
    /// Kept between strings with escapes, which are put together here.
    var scratch: [UInt8] = []

    init(bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw failure(.syntax, "expected a value, found a byte order mark", at: 0)
        }
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard offset == bytes.count else { throw unexpected("the end of the text after the value") }
        return value
    }

    /// The byte at `offset`, nil at the end.
    var next: UInt8? {
        @inline(__always) get { offset < bytes.count ? bytes[offset] : nil }
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        guard let next else { throw unexpected("a value") }
        switch next {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw unexpected("a value")
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard offset + index < bytes.count else {
                throw failure(.truncated, "expected \"\(word)\", found the end of the text", at: bytes.count)
            }
            guard bytes[offset + index] == word.utf8Start[index] else {
                throw failure(.syntax, "expected \"\(word)\"", at: offset)
            }
        }
        offset += length
        return value
    }

    private mutating func parseArray() throws(JSONError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            offset += 1
            return .array([])
        }
        while true {
            elements.append(try parseValue())
            skipSpace()
            switch next {
            case UInt8(ascii: ","):
                offset += 1
                skipSpace()
            case UInt8(ascii: "]"):
                offset += 1
                return .array(elements)
            default: throw unexpected("',' or ']'")
            }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var object = JSONObject()
        skipSpace()
        if next == UInt8(ascii: "}") {
            offset += 1
            return .object(object)
        }
        while true {
            try parseMember(into: &object)
            skipSpace()
            switch next {
            case UInt8(ascii: ","):
                offset += 1
                skipSpace()
            case UInt8(ascii: "}"):
                offset += 1
                return .object(object)
            default: throw unexpected("',' or '}'")
            }
        }
    }

    private mutating func parseMember(into object: inout JSONObject) throws(JSONError) {
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
        let keyOffset = offset
        let key = try parseString()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected("':' after the key") }
        offset += 1
        skipSpace()
        let value = try parseValue()
        guard let earlier = object.insert(key, value) else { return }
        guard limits.duplicateKeys == .lastWins else {
            throw failure(.duplicateKey, "the key \"\(key.prefix(60))\" stands twice in one object", at: keyOffset)
        }
        object.replace(at: earlier, with: value)
    }

    /// Past an opening bracket.
    private mutating func enter() throws(JSONError) {
        guard depth < limits.maximumDepth else {
            throw failure(
                .limitExceeded, "more than \(limits.maximumDepth) arrays and objects inside one another", at: offset)
        }
        depth += 1
        offset += 1
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }
}
