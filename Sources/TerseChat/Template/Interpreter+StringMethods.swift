extension Interpreter {
    /// Methods that a string has; some of Python's are known but not supported.
    static let stringMethods: Set<String> = Set(plainMethods.keys).union([
        "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "find", "rfind",
        "index",
        "rindex", "count", "replace", "join", "format", "format_map", "center", "ljust", "rjust", "zfill", "partition",
        "rpartition", "removeprefix", "removesuffix", "expandtabs", "encode", "translate", "maketrans",
    ])

    /// Methods without arguments.
    private static let plainMethods: [String: @Sendable (String) -> Value] = [
        "lower": { .string($0.pythonLowercased) }, "casefold": { .string($0.pythonCaseFolded) },
        "upper": { .string($0.pythonUppercased) }, "capitalize": { .string($0.pythonCapitalized) },
        "title": { .string($0.pythonTitled) }, "swapcase": { .string($0.pythonSwapped) },
        "islower": { .bool($0.isPythonLower) }, "isupper": { .bool($0.isPythonUpper) },
        "istitle": { .bool($0.isPythonTitle) }, "isspace": { .bool($0.consists { $0.isPythonSpace }) },
        "isalpha": { .bool($0.consists { $0.isPythonAlphabetic }) },
        "isalnum": { .bool($0.consists { $0.isPythonAlphanumeric }) },
        "isdecimal": { .bool($0.consists { $0.properties.numericType == .decimal }) },
        "isdigit": {
            .bool($0.consists { $0.properties.numericType == .decimal || $0.properties.numericType == .digit })
        },
        "isnumeric": { .bool($0.consists { $0.properties.numericType != nil }) },
        "isascii": { .bool($0.utf8.allSatisfy { $0 < 0x80 }) },
        "isprintable": { .bool($0.unicodeScalars.allSatisfy(\.isPythonPrintable)) },
        "isidentifier": {
            .bool($0.consists(\.isWordCharacter) && $0.unicodeScalars.first?.properties.numericType == nil)
        },
    ]

    /// - Parameter receiver: the string or markup that holds `text`; strings that come from markup are markup.
    func callStringMethod(
        _ name: String, of text: String, _ receiver: Value, _ arguments: Arguments
    ) throws(ChatError) -> Value {
        try charge(receiver.cost)
        guard receiver.isMarkup else { return try plainStringMethod(name, text, arguments) }
        var escaped = arguments
        for index in escaped.positional.indices {
            if case .string(let text) = escaped.positional[index] {
                escaped.positional[index] = .markup(text.escapedForHTML)
            }
        }
        return try marked(try plainStringMethod(name, text, escaped))
    }

    private func marked(_ value: Value) throws(ChatError) -> Value {
        switch value {
        case .string(let text): return .markup(text)
        case .list(let list): return try self.list(list.elements.map { $0.text.map { .markup($0) } ?? $0 })
        case .tuple(let list): return try tuple(list.elements.map { $0.text.map { .markup($0) } ?? $0 })
        default: return value
        }
    }

    private func plainStringMethod(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        if let method = Self.plainMethods[name] {
            guard arguments.isEmpty else { throw failure("str.\(name)() takes no arguments") }
            let result = method(text)
            try charge(result.cost)
            return result
        }
        switch name {
        case "strip", "lstrip", "rstrip": return try strip(name, text, arguments)
        case "split", "rsplit": return try split(name, text, arguments)
        case "splitlines":
            let keepsEnds = try bind(arguments, "str.splitlines()", ["keepends"])[0]?.isTrue ?? false
            return try list(text.pythonLines(keepsEnds: keepsEnds).map { .string($0) })
        case "startswith", "endswith": return .bool(try hasAffix(name, text, arguments))
        case "find", "rfind", "index", "rindex", "count": return try search(name, text, arguments)
        case "replace":
            let values = try bindPositional(arguments, "replace", 2...3)
            guard let old = values[0].text, let new = values[1].text,
                let limit = (values.count > 2 ? values[2] : .integer(-1)).integer
            else { throw failure("str.replace() takes two strings and a count") }
            return try string(try replace(old, by: new, in: text, limit: limit))
        case "join": return try join(text, try bindPositional(arguments, "join", 1...1)[0])
        case "format": return try string(try format(text, arguments))
        case "format_map":
            guard case .dictionary(let names) = try bindPositional(arguments, "format_map", 1...1)[0] else {
                throw failure("str.format_map() takes a mapping")
            }
            let keywords = names.entries.compactMap { entry in entry.key.text.map { ($0, entry.value) } }
            return try string(try format(text, Arguments(keyword: keywords)))
        case "center", "ljust", "rjust", "zfill": return try justify(name, text, arguments)
        case "partition", "rpartition": return try partition(name, text, arguments)
        case "removeprefix", "removesuffix": return try removeAffix(name, text, arguments)
        case "expandtabs": return try expandTabs(text, arguments)
        default: throw failure("the method str.\(name)() is not supported in chat templates", .unsupported)
        }
    }

    private func bindPositional(
        _ arguments: Arguments, _ name: String, _ counts: ClosedRange<Int>
    ) throws(ChatError) -> [Value] {
        guard arguments.keyword.isEmpty else { throw failure("str.\(name)() takes no keyword arguments") }
        guard counts.contains(arguments.positional.count) else {
            throw failure("str.\(name)() does not take \(arguments.positional.count) arguments")
        }
        return arguments.positional
    }

    private func strip(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        let characters = try bindPositional(arguments, name, 0...1).first ?? .none
        guard characters.isNone || characters.text != nil else {
            throw failure("str.\(name)() takes a string or none, found '\(characters.typeName)'")
        }
        let set = characters.text.map { Set($0.unicodeScalars) }
        return .string(text.stripped(set, left: name != "rstrip", right: name != "lstrip"))
    }

    private func split(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        let values = try bind(arguments, "str.\(name)()", ["sep", "maxsplit"])
        guard let limit = (values[1] ?? .integer(-1)).integer else {
            throw failure("str.\(name)(): maxsplit is no integer")
        }
        let separator = values[0] ?? .none
        let isFromRight = name == "rsplit"
        let parts: [String]
        if let separator = separator.text {
            guard !separator.isEmpty else { throw failure("empty separator") }
            parts = text.split(at: separator, limit: limit, fromRight: isFromRight)
        } else {
            guard separator.isNone else {
                throw failure("str.\(name)() takes a string or none, found '\(separator.typeName)'")
            }
            parts = text.splitAtSpace(limit: limit, fromRight: isFromRight)
        }
        return try list(parts.map { .string($0) })
    }

    private func hasAffix(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Bool {
        let values = try bindPositional(arguments, name, 1...3)
        var affixes: [Value] = [values[0]]
        if case .tuple(let list) = values[0] { affixes = list.elements }
        var examined = text
        if values.count > 1 {
            let scalars = Array(text.unicodeScalars)
            let (start, end) = try searchBounds(Array(values.dropFirst()), count: scalars.count)
            guard start <= end else { return false }
            examined = String(scalars: scalars[start..<end])
        }
        for affix in affixes {
            guard let affix = affix.text else {
                throw failure("str.\(name)() takes a string or a tuple of strings, found '\(affix.typeName)'")
            }
            let bytes = examined.utf8
            guard affix.utf8.count <= bytes.count else { continue }
            let part = name == "startswith" ? bytes.prefix(affix.utf8.count) : bytes.suffix(affix.utf8.count)
            if part.elementsEqual(affix.utf8) { return true }
        }
        return false
    }

    private func search(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        let values = try bindPositional(arguments, name, 1...3)
        guard let wanted = values[0].text else {
            throw failure("str.\(name)() takes a string, found '\(values[0].typeName)'")
        }
        let scalars = Array(text.unicodeScalars)
        let (start, end) = try searchBounds(Array(values.dropFirst()), count: scalars.count)
        guard start <= end else {
            if name.hasSuffix("index") { throw failure("substring not found") }
            return .integer(name == "count" ? 0 : -1)
        }
        let part = Array(String(scalars: scalars[start..<end]).utf8)
        let bytes = Array(wanted.utf8)
        if name == "count" {
            return .integer(bytes.isEmpty ? end - start + 1 : part.places(of: bytes).count)
        }
        let place =
            name.hasPrefix("r")
            ? part.reversed().firstOffset(of: bytes.reversed()).map { part.count - $0 - bytes.count }
            : part.firstOffset(of: bytes)
        guard let place else {
            if name.hasSuffix("index") { throw failure("substring not found") }
            return .integer(-1)
        }
        return .integer(start + part[..<place].count { $0 & 0xC0 != 0x80 })
    }

    private func join(_ separator: String, _ value: Value) throws(ChatError) -> Value {
        var result = ""
        for (index, element) in try elements(of: value).enumerated() {
            guard let text = element.text else {
                throw failure("sequence item \(index): expected str instance, \(element.typeName) found")
            }
            if index > 0 { result += separator }
            result += text
            if result.utf8.count > limits.maximumOutputBytes { break }
        }
        return try string(result)
    }

    enum Side { case left, right, center }

    private func justify(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        let values = try bindPositional(arguments, name, name == "zfill" ? 1...1 : 1...2)
        guard let width = values[0].integer else { throw failure("str.\(name)() takes a whole number") }
        if name == "zfill" {
            let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.unicodeScalars.first!) : ""
            let digits = String(scalars: text.unicodeScalars.dropFirst(sign.isEmpty ? 0 : 1))
            return try string(sign + (try pad(digits, to: width - (sign.isEmpty ? 0 : 1), with: "0", left: .right)))
        }
        guard let fill = (values.count > 1 ? values[1] : .string(" ")).text?.unicodeScalars, fill.count == 1 else {
            throw failure("str.\(name)(): the fill character must be exactly one character long")
        }
        let side: Side = name == "center" ? .center : (name == "ljust" ? .left : .right)
        return try string(try pad(text, to: width, with: fill.first!, left: side))
    }

    /// - Parameter side: where the text goes.
    func pad(
        _ text: String, to width: Int, with fill: Unicode.Scalar, left side: Side
    ) throws(ChatError) -> String {
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        try checkSize(missing)
        let before =
            switch side {
            case .left: 0
            case .right: missing
            case .center: missing / 2 + (missing & width & 1)
            }
        let fill = String(fill)
        return String(repeating: fill, count: before) + text + String(repeating: fill, count: missing - before)
    }

    private func partition(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        guard let separator = try bindPositional(arguments, name, 1...1)[0].text else {
            throw failure("str.\(name)() takes a string")
        }
        guard !separator.isEmpty else { throw failure("empty separator") }
        let parts = text.split(at: separator, limit: 1, fromRight: name == "rpartition")
        if parts.count == 2 { return try tuple([.string(parts[0]), .string(separator), .string(parts[1])]) }
        return try tuple(
            name == "partition"
                ? [.string(text), .string(""), .string("")] : [.string(""), .string(""), .string(text)])
    }

    private func removeAffix(_ name: String, _ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        guard let affix = try bindPositional(arguments, name, 1...1)[0].text else {
            throw failure("str.\(name)() takes a string")
        }
        let isPrefix = name == "removeprefix"
        guard try hasAffix(isPrefix ? "startswith" : "endswith", text, Arguments(positional: [.string(affix)])) else {
            return .string(text)
        }
        let count = affix.unicodeScalars.count
        return .string(
            isPrefix
                ? String(scalars: text.unicodeScalars.dropFirst(count))
                : String(scalars: text.unicodeScalars.dropLast(count)))
    }

    private func expandTabs(_ text: String, _ arguments: Arguments) throws(ChatError) -> Value {
        guard let size = (try bind(arguments, "str.expandtabs()", ["tabsize"])[0] ?? .integer(8)).integer else {
            throw failure("str.expandtabs() takes a whole number")
        }
        var result = String.UnicodeScalarView()
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let width = size > 0 ? size - column % size : 0
                try checkSize(width)
                for _ in 0..<width { result.append(" ") }
                column += width
            } else {
                result.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return try string(String(result))
    }
}

extension String {
    /// Whether there are characters and all pass.
    fileprivate func consists(_ test: (Unicode.Scalar) -> Bool) -> Bool {
        !isEmpty && unicodeScalars.allSatisfy(test)
    }
}
