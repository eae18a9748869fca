import Foundation
import TerseJSON

extension Interpreter {
    func toJSON(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        var style = JSONStyle.python()
        if let indent = arguments[1], !indent.isNone {
            if let text = indent.text {
                style.indent = text
            } else if let width = indent.integer {
                try checkSize(max(width, 0))
                style.indent = String(repeating: " ", count: max(width, 0))
            } else {
                throw failure("tojson: indent takes a number or a string, found '\(indent.typeName)'")
            }
            style.itemSeparator = ","
        }
        if let separators = arguments[2], !separators.isNone {
            let parts = try elements(of: separators, limit: 3)
            guard parts.count == 2, let item = parts[0].text, let key = parts[1].text else {
                throw failure("tojson: separators takes two strings")
            }
            style.itemSeparator = item
            style.keySeparator = key
        }
        style.escapesNonASCII = arguments[0]?.isTrue ?? false
        style.sortsKeys = arguments[3]?.isTrue ?? false
        style.writesNonFinite = true
        let json = try json(of: value)
        try checkSize(json.indentedSize(style))
        return try string(json.serialized(style))
    }

    func absolute(_ value: Value) throws(ChatError) -> Value {
        if let integer = value.integer {
            guard integer != .min else { throw failure("an integer of more than 64 bits", .unsupported) }
            return .integer(abs(integer))
        }
        if case .number(let number) = value { return .number(abs(number)) }
        if case .undefined(let undefined) = value { throw failure(undefined) }
        throw failure("bad operand type for abs(): '\(value.typeName)'")
    }

    func toInteger(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        let fallback = arguments[0] ?? .integer(0)
        guard let base = (arguments[1] ?? .integer(10)).integer, base == 0 || (2...36).contains(base) else {
            return fallback
        }
        if let integer = value.integer { return .integer(integer) }
        if case .undefined(let undefined) = value { throw failure(undefined) }
        if let text = value.text, let integer = text.pythonInteger(base: base) { return .integer(integer) }
        let number = value.text.map { $0.pythonFloat } ?? value.double
        guard let number, number.isFinite else { return fallback }
        guard let integer = Int(exactly: number.rounded(.towardZero)) else {
            throw failure("an integer of more than 64 bits", .unsupported)
        }
        return .integer(integer)
    }

    func toFloat(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        if case .undefined(let undefined) = value { throw failure(undefined) }
        let number = value.text.map { $0.pythonFloat } ?? value.double
        return number.map { .number($0) } ?? arguments[0] ?? .number(0)
    }

    func rounded(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let precision = (arguments[0] ?? .integer(0)).integer, abs(precision) <= 400 else {
            throw failure("round takes a whole number of digits")
        }
        let method = (arguments[1] ?? .string("common")).text ?? ""
        guard ["common", "ceil", "floor"].contains(method) else {
            throw failure("round: the method must be common, ceil or floor, not '\(method)'")
        }
        if case .undefined(let undefined) = value { throw failure(undefined) }
        guard let number = value.double else { throw failure("round takes a number, found '\(value.typeName)'") }
        if method != "common" {
            let factor = pow(10, Double(precision))
            let scaled = number * factor
            guard scaled.isFinite else { throw failure("cannot round \(number.shortestDecimal)") }
            return .number((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / factor)
        }
        if let integer = value.integer { return .integer(Self.round(integer, precision)) }
        guard number.isFinite else { return value }
        return .number(number.roundedAsDecimal(precision))
    }

    /// To a power of ten, ties to even.
    private static func round(_ value: Int, _ precision: Int) -> Int {
        guard precision < 0 else { return value }
        guard precision > -19 else { return 0 }
        var unit = 1
        for _ in 0..<(-precision) { unit *= 10 }
        let remainder = ((value % unit) + unit) % unit
        let floor = value.subtractingReportingOverflow(remainder).partialValue
        let isUp = remainder > unit - remainder || (remainder == unit - remainder && (floor / unit) % 2 != 0)
        return isUp ? floor.addingReportingOverflow(unit).partialValue : floor
    }
}

extension Double {
    /// As Python's `round(self, precision)`: correctly rounded from the exact value, ties to even.
    func roundedAsDecimal(_ precision: Int) -> Double {
        if precision >= 0 { return Double(String(format: "%.\(min(precision, 350))f", self)) ?? self }
        let unit = pow(10, Double(-precision))
        guard unit.isFinite else { return Double(signOf: self, magnitudeOf: 0) }
        return (self / unit).rounded(.toNearestOrEven) * unit
    }
}

extension JSONValue {
    /// Bytes of white space that indentation adds: what could make the text far longer than the value is large.
    fileprivate func indentedSize(_ style: JSONStyle, level: Int = 0) -> Int {
        guard let width = style.indent?.utf8.count else { return 0 }
        switch self {
        case .array(let elements):
            return elements.reduce((level + 1) * width) {
                $0 + (level + 1) * width + $1.indentedSize(style, level: level + 1)
            }
        case .object(let object):
            return object.reduce((level + 1) * width) {
                $0 + (level + 1) * width + $1.value.indentedSize(style, level: level + 1)
            }
        default: return 0
        }
    }
}

extension String {
    /// Python's `int(text, base)`.
    func pythonInteger(base: Int) -> Int? {
        var digits = Array(stripped(nil).unicodeScalars)
        var isNegative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            digits.removeFirst()
        }
        var base = base
        let prefixes: [(Unicode.Scalar, Int)] = [("x", 16), ("o", 8), ("b", 2)]
        var hasPrefix = false
        if digits.count > 1, digits[0] == "0" {
            for (letter, radix) in prefixes where base == 0 || base == radix {
                if digits[1] == letter || digits[1].properties.lowercaseMapping == String(letter) {
                    digits.removeFirst(2)
                    if digits.first == "_" { digits.removeFirst() }
                    base = radix
                    hasPrefix = true
                    break
                }
            }
        }
        if base == 0 {
            guard hasPrefix || digits.first != "0" || digits.allSatisfy({ $0 == "0" || $0 == "_" }) else { return nil }
            base = 10
        }
        guard let plain = digits.withoutUnderscores, !plain.isEmpty else { return nil }
        let ascii = plain.map { scalar -> Unicode.Scalar in
            if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue {
                return Unicode.Scalar(48 + UInt8(value))
            }
            return scalar
        }
        guard ascii.allSatisfy({ $0 != "+" && $0 != "-" }) else { return nil }
        return Int((isNegative ? "-" : "") + String(scalars: ascii), radix: base)
    }

    /// Python's `float(text)`.
    var pythonFloat: Double? {
        guard let plain = Array(stripped(nil).unicodeScalars).withoutUnderscores else { return nil }
        let text = String(scalars: plain).lowercased()
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
        if ["inf", "infinity", "nan"].contains(unsigned) {
            if unsigned == "nan" { return .nan }
            return text.hasPrefix("-") ? -Double.infinity : .infinity
        }
        guard unsigned.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || [0x2E, 0x65, 0x2B, 0x2D].contains($0) }) else {
            return nil
        }
        return strtodExactly(text)
    }

    private func strtodExactly(_ text: String) -> Double? {
        // Double's initialiser refuses ".5" and "5.", which Python takes.
        text.withCString { start -> Double? in
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            return end.map { $0 > UnsafeMutablePointer(mutating: start) && $0.pointee == 0 } == true ? value : nil
        }
    }
}

extension [Unicode.Scalar] {
    /// Without the underscores that stand between two digits; nil when one stands elsewhere.
    fileprivate var withoutUnderscores: [Unicode.Scalar]? {
        guard contains("_") else { return self }
        for (index, scalar) in enumerated() where scalar == "_" {
            guard index > 0, index + 1 < count, self[index - 1].isWordCharacter, self[index - 1] != "_",
                self[index + 1].isWordCharacter, self[index + 1] != "_"
            else { return nil }
        }
        return filter { $0 != "_" }
    }
}
