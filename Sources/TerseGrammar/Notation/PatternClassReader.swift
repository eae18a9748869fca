/// Reads escapes and classes of regular expressions as sets of scalars.
struct PatternClassReader {
    private(set) var cursor: TextCursor
    private let reading: PatternParser.Reading
    private let meter: WorkMeter

    init(_ cursor: TextCursor, _ reading: PatternParser.Reading, _ meter: WorkMeter) {
        self.cursor = cursor
        self.reading = reading
        self.meter = meter
    }

    /// What every dialect holds to be in a set, and what any does.
    private struct Bounds {
        var sure: SymbolSet
        var possible: SymbolSet

        init(_ set: SymbolSet) { self.init(sure: set, possible: set) }

        init(sure: SymbolSet, possible: SymbolSet) {
            self.sure = sure
            self.possible = possible
        }

        var complement: Bounds { Bounds(sure: possible.complement(), possible: sure.complement()) }
    }

    /// The members of a class as they are read, made a set once.
    private struct Members {
        private var sure: [ClosedRange<UInt32>] = []
        private var possible: [ClosedRange<UInt32>] = []

        var bounds: Bounds { Bounds(sure: SymbolSet(sure), possible: SymbolSet(possible)) }

        mutating func append(_ set: Bounds, _ meter: WorkMeter) throws(GrammarError) {
            try meter.spend(set.sure.ranges.count + set.possible.ranges.count)
            sure += set.sure.ranges
            possible += set.possible.ranges
        }
    }

    /// `[…]`, whose bracket is next.
    mutating func readClass() throws(GrammarError) -> SymbolSet {
        cursor.advance()
        let isNegated = cursor.take("^")
        var members = Members()
        while cursor.next != "]" {
            guard cursor.next != nil else { throw failure("the class has no closing ']'") }
            let (low, set) = try readMember()
            guard cursor.next == "-", cursor.peek(1) != "]" else {
                try members.append(set, meter)
                continue
            }
            cursor.advance()
            guard cursor.next != nil else { throw failure("the class has no closing ']'") }
            let (high, _) = try readMember()
            guard let low, let high else { throw failure("a range whose ends are not single characters") }
            guard low <= high else { throw failure("a range that falls") }
            try members.append(Bounds(SymbolSet([low...high]).intersection(.allScalars)), meter)
        }
        cursor.advance()
        return chosen(isNegated ? members.bounds.complement : members.bounds)
    }

    /// An escape outside of a class, whose backslash is next.
    mutating func readEscape() throws(GrammarError) -> SymbolSet {
        if let scalar = cursor.peek(1) {
            if ("1"..."9").contains(scalar) || scalar == "k" { throw unsupported("a backreference") }
            if scalar == "b" || scalar == "B" { throw unsupported("a word boundary (\\\(scalar))") }
        }
        return chosen(try readMember().set)
    }

    private func chosen(_ bounds: Bounds) -> SymbolSet { reading == .sure ? bounds.sure : bounds.possible }

    /// A character, with its value, or an escape that stands for several.
    private mutating func readMember() throws(GrammarError) -> (value: UInt32?, set: Bounds) {
        guard let scalar = cursor.next else { throw failure("an escape without its letter") }
        cursor.advance()
        guard scalar == "\\" else { return (scalar.value, Bounds(SymbolSet(scalar.value))) }
        guard let letter = cursor.next else { throw failure("an escape without its letter") }
        cursor.advance()
        switch letter {
        case "d": return (nil, Self.digits)
        case "D": return (nil, Self.otherThanDigits)
        case "w": return (nil, Self.words)
        case "W": return (nil, Self.otherThanWords)
        case "s": return (nil, Self.spaces)
        case "S": return (nil, Self.otherThanSpaces)
        case "p", "P":
            let set = Bounds(try readProperty())
            return (nil, letter == "p" ? set : set.complement)
        default:
            let value = try readCharacterEscape(letter)
            return (value, Bounds(SymbolSet(value).intersection(.allScalars)))
        }
    }

    private mutating func readCharacterEscape(_ letter: Unicode.Scalar) throws(GrammarError) -> UInt32 {
        switch letter {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "b": return 0x08  // In a class alone: outside it is a boundary.
        case "0":
            guard cursor.next?.digitValue(radix: 10) == nil else { throw unsupported("an octal escape") }
            return 0
        case "c":
            guard let control = cursor.next, control.isASCII, control.properties.isAlphabetic else {
                throw failure("\\c without a letter")
            }
            cursor.advance()
            return control.value & 0x1F
        case "x":
            guard let value = cursor.takeHexadecimal(2) else { throw failure("\\x without two hexadecimal digits") }
            return value
        case "u": return try readUnicodeEscape()
        default:
            // Letters and digits without a meaning are errors in ECMA-262 and have meanings elsewhere (\A, \Z).
            guard letter.isASCII, !letter.properties.isAlphabetic, letter.digitValue(radix: 10) == nil, letter != "_"
            else {
                throw unsupported("the escape \\\(letter)")
            }
            return letter.value
        }
    }

    private mutating func readUnicodeEscape() throws(GrammarError) -> UInt32 {
        if cursor.take("{") {
            let digits = cursor.take { $0.digitValue(radix: 16) != nil }
            guard cursor.take("}"), let value = UInt32(digits, radix: 16), value <= 0x10FFFF else {
                throw failure("\\u{…} without the value of a character")
            }
            return value
        }
        guard let first = cursor.takeHexadecimal(4) else { throw failure("\\u without four hexadecimal digits") }
        guard (0xD800...0xDBFF).contains(first) else { return first }
        let place = cursor.offset
        if cursor.take("\\u"), let second = cursor.takeHexadecimal(4), (0xDC00...0xDFFF).contains(second) {
            return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        cursor.rewind(to: place)
        return first
    }

    private mutating func readProperty() throws(GrammarError) -> SymbolSet {
        guard cursor.take("{") else { throw failure("\\p without {…}") }
        let name = cursor.take { $0 != "}" }
        guard cursor.take("}"), let set = UnicodeProperty.set(name) else {
            throw unsupported("the Unicode property \(name.shortened)")
        }
        try meter.spend(set.ranges.count)
        return set
    }

    private static let digits = Bounds(sure: SymbolSet([0x30...0x39]), possible: UnicodeProperty.decimalDigits)
    private static let words = Bounds(
        sure: SymbolSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]), possible: UnicodeProperty.wordCharacters)
    private static let spaces: Bounds = {
        let both: [ClosedRange<UInt32>] = [
            0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
            0x205F...0x205F, 0x3000...0x3000,
        ]
        // ECMA-262 alone has the byte order mark; Python alone the separators and NEL.
        let either: [ClosedRange<UInt32>] = [0xFEFF...0xFEFF, 0x1C...0x1F, 0x85...0x85]
        return Bounds(sure: SymbolSet(both), possible: SymbolSet(both + either))
    }()

    private static let otherThanDigits = digits.complement
    private static let otherThanWords = words.complement
    private static let otherThanSpaces = spaces.complement

    private func failure(_ reason: String) -> GrammarError {
        GrammarError(.syntax, "the regular expression at character \(cursor.offset): \(reason)")
    }

    private func unsupported(_ what: String) -> GrammarError {
        GrammarError(
            .unsupportedPattern,
            "the regular expression at character \(cursor.offset): \(what), which is not supported")
    }
}
