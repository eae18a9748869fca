/// A place in a text that is read scalar by scalar, with its line and column for messages.
struct TextCursor {
    private let scalars: [Unicode.Scalar]
    private(set) var offset = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The scalar at the place, nil at the end.
    var next: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

    /// The scalar `distance` after the place.
    func peek(_ distance: Int) -> Unicode.Scalar? {
        offset + distance < scalars.count ? scalars[offset + distance] : nil
    }

    func starts(with text: String) -> Bool { scalars[offset...].starts(with: text.unicodeScalars) }

    mutating func advance(_ count: Int = 1) { offset = min(offset + count, scalars.count) }

    mutating func rewind(to place: Int) { offset = place }

    /// Passes `text` if it is next.
    mutating func take(_ text: String) -> Bool {
        guard starts(with: text) else { return false }
        offset += text.unicodeScalars.count
        return true
    }

    /// Passes scalars as long as `accepts` holds, and returns them.
    mutating func take(while accepts: (Unicode.Scalar) -> Bool) -> String {
        var taken = ""
        while let scalar = next, accepts(scalar) {
            taken.unicodeScalars.append(scalar)
            offset += 1
        }
        return taken
    }

    /// Passes digits as a number, which stops growing at a million.
    mutating func takeNumber() -> Int? {
        var number: Int?
        while let scalar = next, let digit = scalar.digitValue(radix: 10) {
            number = min((number ?? 0) * 10 + digit, 1_000_000)
            offset += 1
        }
        return number
    }

    /// Passes exactly `count` hexadecimal digits.
    mutating func takeHexadecimal(_ count: Int) -> UInt32? {
        var number: UInt32 = 0
        for distance in 0..<count {
            guard let digit = peek(distance)?.digitValue(radix: 16) else { return nil }
            number = number << 4 | UInt32(digit)
        }
        offset += count
        return number
    }

    /// What is at the place, for messages.
    var description: String { next.map { "'\($0.escaped(asASCII: false))'" } ?? "the end" }

    /// One-based; columns count scalars.
    func position(of place: Int) -> (line: Int, column: Int) {
        let before = scalars[..<min(place, scalars.count)]
        let line = before.count { $0 == "\n" } + 1
        let start = before.lastIndex(of: "\n").map { $0 + 1 } ?? 0
        return (line, before.count - start + 1)
    }
}

extension Unicode.Scalar {
    /// The value of an ASCII digit.
    func digitValue(radix: Int) -> Int? {
        guard isASCII else { return nil }
        return Character(self).hexDigitValue.flatMap { $0 < radix ? $0 : nil }
    }
}
