import Foundation
import TerseJSON

/// How a value is to be formatted: what `str.format` and `%` have in common.
struct FormatSpecification {
    var fill: Unicode.Scalar = " "
    /// `<`, `>`, `^`, `=`, or nil for the type's own.
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var width = 0
    /// `,` or `_` between groups of digits.
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    /// Parses `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
    init?(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        let alignments: Set<Unicode.Scalar> = ["<", ">", "^", "="]
        if rest.count > 1, alignments.contains(rest[rest.startIndex + 1]) {
            fill = rest.removeFirst()
            alignment = rest.removeFirst()
        } else if let first = rest.first, alignments.contains(first) {
            alignment = rest.removeFirst()
        }
        if let first = rest.first, ["+", "-", " "].contains(first) { sign = rest.removeFirst() }
        if rest.first == "#" {
            isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            if alignment == nil {
                alignment = "="
                fill = "0"
            }
            rest.removeFirst()
        }
        guard let width = Self.number(&rest) else { return nil }
        self.width = width ?? 0
        if let first = rest.first, first == "," || first == "_" { grouping = rest.removeFirst() }
        if rest.first == "." {
            rest.removeFirst()
            guard case .some(.some(let digits)) = Self.number(&rest) else { return nil }
            precision = digits
        }
        if let first = rest.first { type = first; rest.removeFirst() }
        guard rest.isEmpty else { return nil }
    }

    init() {}

    /// Outer nil: too large. Inner nil: no digits.
    private static func number(_ rest: inout ArraySlice<Unicode.Scalar>) -> Int?? {
        var value: Int?
        while let digit = rest.first, digit.isASCIIDigit {
            let next = (value ?? 0) * 10 + Int(digit.value - 48)
            guard next <= 1 << 30 else { return nil }
            value = next
            rest.removeFirst()
        }
        return .some(value)
    }

    /// Text of an integer, nil when the type does not fit.
    func format(_ value: Int) -> String? {
        var digits: String
        var prefix = ""
        switch type {
        case nil, "d", "n", "i", "u": digits = String(value.magnitude)
        case "x", "X":
            digits = String(value.magnitude, radix: 16, uppercase: type == "X")
            prefix = isAlternate ? "0" + String(type!) : ""
        case "o":
            digits = String(value.magnitude, radix: 8)
            prefix = isAlternate ? "0o" : ""
        case "b":
            digits = String(value.magnitude, radix: 2)
            prefix = isAlternate ? "0b" : ""
        case "c":
            guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else { return nil }
            return String(scalar)
        case "e", "E", "f", "F", "g", "G", "%": return format(Double(value))
        default: return nil
        }
        if let grouping { digits = Self.grouped(digits, by: grouping, every: type == nil || type == "d" ? 3 : 4) }
        return signed(isNegative: value < 0, prefix: prefix, digits)
    }

    /// Text of a number, nil when the type does not fit.
    func format(_ value: Double) -> String? {
        let magnitude = value.magnitude
        var digits: String
        let isUpper = type == "E" || type == "F" || type == "G"
        if !value.isFinite {
            digits = value.isNaN ? "nan" : "inf"
            if type == "%" { digits += "%" }
        } else {
            let precision = min(self.precision ?? 6, 1000)
            switch type {
            case "e", "E": digits = String(format: "%.\(precision)e", magnitude)
            case "f", "F": digits = String(format: "%.\(precision)f", magnitude)
            case "%": digits = String(format: "%.\(precision)f", magnitude * 100) + "%"
            case "g", "G": digits = String(format: isAlternate ? "%#.\(precision)g" : "%.\(precision)g", magnitude)
            case nil: digits = self.precision == nil ? magnitude.shortestDecimal : Self.general(magnitude, precision)
            default: return nil
            }
        }
        if isUpper { digits = digits.uppercased() }
        if let grouping {
            let whole = digits.prefix { $0.isNumber }
            digits = Self.grouped(String(whole), by: grouping, every: 3) + digits.dropFirst(whole.count)
        }
        return signed(isNegative: value.sign == .minus && !value.isNaN, prefix: "", digits)
    }

    /// As `g`, but with a digit after the point, and the exponent a digit later.
    private static func general(_ value: Double, _ precision: Int) -> String {
        let digits = String(format: "%.\(max(precision, 1))g", value)
        if digits.contains("e") || digits.contains(".") { return digits }
        return digits.utf8.count >= max(precision, 1)
            ? String(format: "%.\(max(precision, 1) - 1)e", value) : digits + ".0"
    }

    private static func grouped(_ digits: String, by separator: Unicode.Scalar, every size: Int) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % size == 0 { result.unicodeScalars.append(separator) }
            result.append(digit)
        }
        return result
    }

    private func signed(isNegative: Bool, prefix: String, _ digits: String) -> String {
        let sign = isNegative ? "-" : (sign == "-" ? "" : String(sign))
        return padded(sign + prefix, digits, alignment ?? ">")
    }

    /// Whether there is nothing that only numbers have.
    var isForText: Bool { sign == "-" && !isAlternate && grouping == nil && alignment != "=" }

    /// Text of a string.
    func format(_ text: String) -> String {
        let cut = precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
        return padded("", cut, alignment ?? "<")
    }

    private func padded(_ head: String, _ body: String, _ alignment: Unicode.Scalar) -> String {
        let missing = width - head.unicodeScalars.count - body.unicodeScalars.count
        guard missing > 0 else { return head + body }
        func fills(_ count: Int) -> String { String(repeating: String(fill), count: count) }
        switch alignment {
        case "<": return head + body + fills(missing)
        case "^": return fills(missing / 2) + head + body + fills(missing - missing / 2)
        case "=": return head + fills(missing) + body
        default: return fills(missing) + head + body
        }
    }
}
