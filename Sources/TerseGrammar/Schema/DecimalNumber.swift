import TerseJSON

/// A number of a schema as a decimal: `digits` × 10^`exponent`, exactly as the shortest text of its value says.
struct DecimalNumber: Equatable {
    private var digits: Int128
    private var exponent: Int

    init?(_ value: JSONValue) {
        switch value {
        case .integer(let value):
            self.init(text: String(value))
        case .number(let value):
            guard value.isFinite else { return nil }
            self.init(text: value.shortestDecimal)
        default: return nil
        }
    }

    private init(text: String) {
        let parts = text.split(separator: "e")
        exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        digits = 0
        var isFraction = false
        for character in parts[0] {
            if character == "." { isFraction = true }
            guard let digit = character.wholeNumberValue else { continue }
            digits = digits * 10 + Int128(digit)
            if isFraction { exponent -= 1 }
        }
        if text.hasPrefix("-") { digits = -digits }
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        if digits == 0 { exponent = 0 }
    }

    var isInteger: Bool { exponent >= 0 }
    var sign: Int { digits.signum() == 0 ? 0 : digits < 0 ? -1 : 1 }
    /// Significant digits.
    var precision: Int { String(digits.magnitude).count }
    /// Digits before the decimal point.
    var integerDigits: Int { max(precision + exponent, 1) }
    /// Digits after the decimal point.
    var fractionDigits: Int { max(-exponent, 0) }

    /// Beyond every number that a grammar writes.
    static let beyond = Int128(10) * 1_000_000_000_000_000_000 * 1_000_000_000_000

    /// The greatest whole number that times 10^−`places` is not more than this one, within ±`beyond`.
    func floor(places: Int) -> Int128 {
        let shift = exponent + places
        if shift >= 0 {
            guard digits != 0 else { return 0 }
            guard shift < 30 else { return digits < 0 ? -Self.beyond : Self.beyond }
            let (product, overflow) = digits.multipliedReportingOverflow(by: Self.power(shift))
            guard !overflow else { return digits < 0 ? -Self.beyond : Self.beyond }
            return max(-Self.beyond, min(Self.beyond, product))
        }
        guard shift > -30 else { return digits < 0 ? -1 : 0 }
        let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: Self.power(-shift))
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The least whole number above 0 that is a multiple of this one, which is above 0.
    var leastInteger: Int128 {
        guard exponent < 0 else { return floor(places: 0) }
        guard exponent > -30 else { return 0 }
        var left = digits
        var right = Self.power(-exponent)
        while right != 0 { (left, right) = (right, left % right) }
        return digits / left
    }

    /// Whether the number times 10^`places` is whole.
    func isWhole(places: Int) -> Bool { exponent + places >= 0 }

    /// Whether the number is `step`, which is above 0, times a whole number.
    func isMultiple(of step: DecimalNumber) -> Bool {
        let shift = exponent - step.exponent
        if shift < 0 {
            // 10^30 is more than the digits of any number have factors.
            guard shift > -30 else { return digits == 0 }
            let (divisor, overflow) = step.digits.multipliedReportingOverflow(by: Self.power(-shift))
            return overflow ? digits == 0 : digits % divisor == 0
        }
        // Below `step.digits`, which has 19 digits at most: products fit.
        var remainder = digits.magnitude % step.digits.magnitude
        for _ in 0..<shift where remainder != 0 { remainder = remainder * 10 % step.digits.magnitude }
        return remainder == 0
    }

    /// Equal for equal numbers.
    var canonicalText: String { "\(digits)e\(exponent)" }

    static func power(_ exponent: Int) -> Int128 {
        var result: Int128 = 1
        for _ in 0..<exponent { result *= 10 }
        return result
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        guard left.sign == right.sign else { return left.sign < right.sign }
        guard left.sign != 0 else { return false }
        let isNegative = left.sign < 0
        // Where the first digit stands decides, then the digits.
        let (ours, theirs) = (left.precision + left.exponent, right.precision + right.exponent)
        if ours != theirs { return (ours < theirs) != isNegative }
        let width = max(left.precision, right.precision)
        return left.digits * power(width - left.precision) < right.digits * power(width - right.precision)
    }
}
