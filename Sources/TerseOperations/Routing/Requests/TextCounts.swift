/// What was counted in a stretch of text, character after character.
struct TextCounts: Equatable {
    var characters = 0
    var spaces = 0
    var letters = 0
    var uppercase = 0
    var digits = 0
    /// Brackets, operators and the like, which code is full of.
    var codeSymbols = 0
    /// Operators and relations, which formulas are full of.
    var operators = 0
    /// Backslashes before a letter, as in LaTeX.
    var commands = 0
    /// Lines that are not empty, and those of them that begin, end or are indented as code is.
    var lines = 0
    var codeLines = 0
    /// Words of ASCII letters, and those that tell sorts of text apart.
    var words = 0
    var englishWords = 0
    var codeWords = 0
    var programmingWords = 0
    var mathematicsWords = 0
    /// Letters of each script; what is not there has none.
    var scripts: [Script: Int] = [:]

    /// Those of ASCII are no key of the dictionary, for speed.
    private var latinLetters = 0
    private var word: UInt64 = 0
    private var line = Line()
    private var before: UInt32 = 0

    /// The line that is being counted.
    private struct Line: Equatable {
        var indentation = 0
        /// The last of it that is no space; 0 before there is one.
        var end: UInt32 = 0
        /// Whether it begins with two slashes.
        var isComment = false
        var visible = 0
    }

    init(_ text: some Sequence<Unicode.Scalar>) {
        for scalar in text { add(scalar.value) }
        endWord()
        endLine()
        if latinLetters > 0 { scripts[.latin, default: 0] += latinLetters }
    }

    private mutating func add(_ scalar: UInt32) {
        characters += 1
        if let letter = Self.asciiLetter(scalar) {
            letters += 1
            latinLetters += 1
            if scalar < 0x60 { uppercase += 1 }
            if before == 0x5C { commands += 1 }
            word = WordList.key(word, adding: letter)
        } else {
            endWord()
            if scalar < 0x80 { addSymbol(UInt8(scalar)) } else { addBeyondASCII(scalar) }
        }
        switch scalar {
        case 0x0A: endLine()
        case 0x20, 0x09, 0x0D: if line.end == 0 { line.indentation += scalar == 0x09 ? 4 : 1 }
        default:
            line.visible += 1
            if line.visible == 2 { line.isComment = scalar == 0x2F && line.end == 0x2F }
            line.end = scalar
        }
        before = scalar
    }

    /// In lower case.
    private static func asciiLetter(_ scalar: UInt32) -> UInt8? {
        let lower = scalar | 0x20
        return scalar < 0x80 && lower >= 0x61 && lower <= 0x7A ? UInt8(lower) : nil
    }

    private mutating func addSymbol(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): spaces += 1
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "*"),
            UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "_"):
            operators += 1
            codeSymbols += 1
        case UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "%"): operators += 1
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "#"),
            UInt8(ascii: "@"), UInt8(ascii: "`"):
            codeSymbols += 1
        default: break
        }
    }

    private mutating func addBeyondASCII(_ scalar: UInt32) {
        if let script = Script(of: scalar) {
            letters += 1
            scripts[script, default: 0] += 1
        } else if scalar == 0xD7 || scalar == 0xF7 || (0x2200...0x22FF).contains(scalar) {
            operators += 1
        }
    }

    private mutating func endWord() {
        guard word != 0 else { return }
        words += 1
        switch WordList.sorts[word] {
        case .english: englishWords += 1
        case .code: codeWords += 1
        case .programming: programmingWords += 1
        case .mathematics: mathematicsWords += 1
        case nil: break
        }
        word = 0
    }

    private mutating func endLine() {
        defer { line = Line() }
        guard line.end != 0 else { return }
        lines += 1
        let isEnd = [0x3B, 0x7B, 0x7D, 0x29, 0x5B, 0x5D, 0x3E].contains(line.end)  // ; { } ) [ ] >
        if isEnd || line.isComment || line.indentation >= 2 { codeLines += 1 }
    }
}
