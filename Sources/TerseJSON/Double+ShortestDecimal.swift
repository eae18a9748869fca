extension Double {
    /// The shortest decimal that reads back as this value, laid out as Python's `repr` and `json.dumps` do: an exponent
    /// below 1e-4 and from 1e16 on, `.0` after whole numbers; `inf`, `-inf`, `nan`.
    public var shortestDecimal: String {
        guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
        guard self != 0 else { return sign == .minus ? "-0.0" : "0.0" }
        let (digits, point) = magnitude.decimalDigits
        let sign = self < 0 ? "-" : ""
        if point > 16 || point < -3 {
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let padding = abs(exponent) < 10 ? "0" : ""
            return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(padding)\(abs(exponent))"
        }
        if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
        if point >= digits.count {
            return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count)).0"
        }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// The significant digits, and how many of them stand before the decimal point (negative: zeros after it).
    private var decimalDigits: (digits: String, point: Int) {
        var digits = ""
        var point: Int?
        var exponent = 0
        let parts = description.split(separator: "e")
        if parts.count > 1 { exponent = Int(parts[1])! }
        for character in parts[0] {
            if character == "." { point = digits.count } else { digits.append(character) }
        }
        var position = (point ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == "0" }.count
        digits.removeFirst(zeros)
        position -= zeros
        while digits.last == "0" { digits.removeLast() }
        return (digits, position)
    }
}
