extension JSONParser {
    /// Reads a number: `Int64` when it is written as an integer and fits, else the nearest `Double`.
    mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = offset
        let negative = next == UInt8(ascii: "-")
        if negative { offset += 1 }
        var magnitude: UInt64 = 0
        var fits = true
        if next == UInt8(ascii: "0") {
            offset += 1
            if let byte = next, byte.isDigit { throw unexpected("no digit after a leading zero") }
        } else {
            guard let byte = next, byte.isDigit else { throw unexpected("a digit") }
            while let byte = next, byte.isDigit {
                let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                if overflow || carry { fits = false }
                magnitude = sum
                offset += 1
            }
        }
        let isInteger = try !skipFraction()
        if isInteger, fits {
            if negative, magnitude <= 1 << 63 { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
            if !negative, magnitude < 1 << 63 { return .integer(Int64(magnitude)) }
        }
        return .number(try double(from: start))
    }

    /// Skips a fraction and an exponent.
    /// - Returns: whether there was either.
    private mutating func skipFraction() throws(JSONError) -> Bool {
        let start = offset
        if next == UInt8(ascii: ".") {
            offset += 1
            try skipDigits("a digit after the decimal point")
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try skipDigits("a digit in the exponent")
        }
        return offset > start
    }

    private mutating func skipDigits(_ expected: String) throws(JSONError) {
        guard let byte = next, byte.isDigit else { throw unexpected(expected) }
        while let byte = next, byte.isDigit { offset += 1 }
    }

    private func double(from start: Int) throws(JSONError) -> Double {
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw failure(.numberOutOfRange, "the number \(text.prefix(40)) does not fit a Double", at: start)
        }
        return value
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
