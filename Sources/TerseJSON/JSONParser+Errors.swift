extension JSONParser {
    /// The error for a byte at `offset` that does not fit.
    func unexpected(_ expected: String) -> JSONError {
        guard offset < bytes.count else {
            return failure(.truncated, "expected \(expected), found the end of the text", at: bytes.count)
        }
        return failure(.syntax, "expected \(expected), found \(describe(bytes[offset]))", at: offset)
    }

    func failure(_ code: JSONError.Code, _ reason: String, at offset: Int) -> JSONError {
        var line = 1
        var lineStart = 0
        for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        var column = 1
        for index in lineStart..<offset where bytes[index] & 0xC0 != 0x80 { column += 1 }
        return JSONError(code, reason, line: line, column: column)
    }

    func describe(_ byte: UInt8) -> String {
        switch byte {
        case 0x21...0x7E: "'\(Unicode.Scalar(byte))'"
        case 0x20: "a space"
        case 0x0A: "a line break"
        default: "byte 0x" + String(byte, radix: 16, uppercase: true)
        }
    }
}
