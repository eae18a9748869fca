extension JSONParser {
    /// Reads a string; `offset` is at its opening quote.
    mutating func parseString() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let text = try string(of: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), at: start)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                return try parseEscapedString(from: start)
            case 0..<0x20:
                throw failure(
                    .syntax, "control characters in strings must be escaped, found \(describe(bytes[offset]))",
                    at: offset)
            default: offset += 1
            }
        }
        throw failure(.truncated, "expected '\"' to end the string, found the end of the text", at: bytes.count)
    }

    /// Goes on at the first escape of a string that began at `start`.
    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                guard let text = String(validating: scratch, as: UTF8.self) else {
                    throw invalidText(in: UnsafeRawBufferPointer(rebasing: bytes[start..<(offset - 1)]), at: start)
                }
                return text
            case UInt8(ascii: "\\"):
                try parseEscape()
            case 0..<0x20:
                throw failure(
                    .syntax, "control characters in strings must be escaped, found \(describe(byte))", at: offset)
            default:
                scratch.append(byte)
                offset += 1
            }
        }
        throw failure(.truncated, "expected '\"' to end the string, found the end of the text", at: bytes.count)
    }

    private mutating func parseEscape() throws(JSONError) {
        let start = offset
        offset += 1
        guard let letter = next else { throw unexpected("an escape") }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(letter)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"): try parseUnicodeEscape(from: start)
        default:
            offset -= 1
            throw unexpected("one of \" \\ / b f n r t u after '\\'")
        }
    }

    /// After `\u`; a surrogate must be followed by its other half.
    private mutating func parseUnicodeEscape(from start: Int) throws(JSONError) {
        let first = try parseHex()
        var code = UInt32(first)
        if (0xD800..<0xDC00).contains(first) {
            guard next == UInt8(ascii: "\\"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "u") else {
                throw loneSurrogate(first, at: start)
            }
            offset += 2
            let second = try parseHex()
            guard (0xDC00..<0xE000).contains(second) else { throw loneSurrogate(first, at: start) }
            code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw loneSurrogate(first, at: start) }
        scratch.append(contentsOf: UTF8.encode(scalar)!)
    }

    private mutating func parseHex() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = byte.hexDigitValue else {
                throw unexpected("four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }

    private func loneSurrogate(_ half: UInt16, at start: Int) -> JSONError {
        failure(
            .invalidText, "\\u" + String(half, radix: 16) + " is half of a surrogate pair without the other half",
            at: start)
    }

    private func string(of raw: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> String {
        guard let text = String(validating: raw, as: UTF8.self) else { throw invalidText(in: raw, at: start) }
        return text
    }

    /// Points at the first byte of `raw` (which begins at `start`) that is no UTF-8.
    private func invalidText(in raw: UnsafeRawBufferPointer, at start: Int) -> JSONError {
        var place = 0
        var decoder = UTF8()
        var iterator = raw.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { place += UTF8.width(scalar) }
        place = min(place, raw.count - 1)
        return failure(.invalidText, "expected UTF-8, found \(describe(raw[place]))", at: start + place)
    }
}

extension UInt8 {
    fileprivate var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
