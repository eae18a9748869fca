extension Interpreter {
    // MARK: str.format

    /// Python's `text.format(…)`.
    func format(_ text: String, _ arguments: Arguments) throws(ChatError) -> String {
        var automatic = 0
        return try format(Array(text.unicodeScalars), arguments, &automatic, level: 0)
    }

    /// - Parameter automatic: the number of the next field without a name; negative once fields are numbered by hand.
    private func format(
        _ text: [Unicode.Scalar], _ arguments: Arguments, _ automatic: inout Int, level: Int
    ) throws(ChatError) -> String {
        guard level < 2 else { throw failure("max string recursion exceeded in format()") }
        var result = ""
        var index = 0
        while index < text.count {
            let scalar = text[index]
            index += 1
            if scalar == "{" || scalar == "}", index < text.count, text[index] == scalar {
                result.unicodeScalars.append(scalar)
                index += 1
            } else if scalar == "{" {
                let start = index
                var depth = 1
                while index < text.count, depth > 0 {
                    if text[index] == "{" { depth += 1 }
                    if text[index] == "}" { depth -= 1 }
                    index += 1
                }
                guard depth == 0 else { throw failure("expected '}' before end of string in format()") }
                result += try formatField(Array(text[start..<(index - 1)]), arguments, &automatic, level: level)
            } else if scalar == "}" {
                throw failure("single '}' encountered in format string")
            } else {
                result.unicodeScalars.append(scalar)
            }
            if result.utf8.count > limits.maximumOutputBytes { try checkSize(result.utf8.count) }
        }
        return result
    }

    private func formatField(
        _ field: [Unicode.Scalar], _ arguments: Arguments, _ automatic: inout Int, level: Int
    ) throws(ChatError) -> String {
        var nameEnd = 0
        var brackets = 0
        while nameEnd < field.count, brackets > 0 || (field[nameEnd] != "!" && field[nameEnd] != ":") {
            if field[nameEnd] == "[" { brackets += 1 }
            if field[nameEnd] == "]" { brackets -= 1 }
            nameEnd += 1
        }
        var value = try fieldValue(Array(field[..<nameEnd]), arguments, &automatic)
        var rest = field[nameEnd...]
        if rest.first == "!" {
            guard rest.count > 1, rest.count == 2 || rest[rest.startIndex + 2] == ":" else {
                throw failure("expected ':' after conversion specifier")
            }
            switch rest[rest.startIndex + 1] {
            case "r", "a": value = .string(try representation(of: value))
            case "s": value = .string(try text(of: value))
            default: throw failure("unknown conversion specifier '\(rest[rest.startIndex + 1])'")
            }
            rest = rest.dropFirst(2)
        }
        let specification =
            rest.first == ":" ? try format(Array(rest.dropFirst()), arguments, &automatic, level: level + 1) : ""
        return try format(value, specification)
    }

    private func fieldValue(
        _ name: [Unicode.Scalar], _ arguments: Arguments, _ automatic: inout Int
    ) throws(ChatError) -> Value {
        let head = name.prefix { $0 != "." && $0 != "[" }
        var value: Value
        let isNumbered = !head.isEmpty && head.allSatisfy(\.isASCIIDigit)
        if head.isEmpty || isNumbered {
            guard isNumbered ? automatic <= 0 : automatic >= 0 else {
                throw failure("cannot mix automatic and manual field numbering in format()")
            }
            let position = isNumbered ? Int(String(scalars: head)) ?? .max : automatic
            automatic = isNumbered ? -1 : automatic + 1
            guard position < arguments.positional.count else {
                throw failure("format() has no argument \(position), only \(arguments.positional.count)")
            }
            value = arguments.positional[position]
        } else {
            let name = String(scalars: head)
            guard let argument = arguments.keyword.first(where: { $0.name == name }) else {
                throw failure("format() has no argument '\(name)'")
            }
            value = argument.value
        }
        var rest = name[head.endIndex...]
        while let mark = rest.popFirst() {
            if mark == "." {
                let part = rest.prefix { $0 != "." && $0 != "[" }
                value = try attribute(String(scalars: part), of: value)
                rest = rest[part.endIndex...]
            } else {
                let part = rest.prefix { $0 != "]" }
                guard part.endIndex < rest.endIndex, !part.isEmpty else {
                    throw failure("missing ']' in format string")
                }
                let key = String(scalars: part)
                value = try item(Int(key).map { .integer($0) } ?? .string(key), of: value)
                rest = rest[(part.endIndex + 1)...]
            }
        }
        return value
    }

    private func format(_ value: Value, _ text: String) throws(ChatError) -> String {
        if text.isEmpty { return try self.text(of: value) }
        guard let specification = FormatSpecification(text) else { throw failure("invalid format specifier '\(text)'") }
        try checkSize(specification.width)
        let formatted: String?
        switch value {
        case .string(let text), .markup(let text):
            let fits = specification.type == nil || specification.type == "s"
            formatted = fits && specification.isForText ? specification.format(text) : nil
        case .bool(let flag) where specification.type == nil: formatted = specification.format(flag ? "True" : "False")
        case .bool, .integer: formatted = specification.format(value.integer ?? 0)
        case .number(let number): formatted = specification.format(number)
        default: throw failure("unsupported format string passed to \(value.typeName).__format__")
        }
        guard let formatted else {
            throw failure("invalid format specifier '\(text)' for a value of type '\(value.typeName)'")
        }
        return formatted
    }

    // MARK: The % operator

    /// Python's `text % values`.
    func percentFormat(_ text: String, _ values: Value) throws(ChatError) -> String {
        var state = PercentState(scalars: Array(text.unicodeScalars), values: values)
        var result = ""
        while let scalar = state.next() {
            if scalar != "%" {
                result.unicodeScalars.append(scalar)
            } else {
                result += try percentField(&state)
                if result.utf8.count > limits.maximumOutputBytes { try checkSize(result.utf8.count) }
            }
        }
        guard state.isDone else { throw failure("not all arguments converted during string formatting") }
        return result
    }

    private struct PercentState {
        let scalars: [Unicode.Scalar]
        let values: Value
        var index = 0
        var used = 0
        var usedNames = false

        init(scalars: [Unicode.Scalar], values: Value) {
            self.scalars = scalars
            self.values = values
        }

        mutating func next() -> Unicode.Scalar? {
            guard index < scalars.count else { return nil }
            index += 1
            return scalars[index - 1]
        }

        var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

        /// Whether every value was used, as far as Python asks for it.
        var isDone: Bool {
            switch values {
            case .tuple(let list): used == list.elements.count
            case .dictionary, .list, .range, .undefined, .namespace: true
            default: used == 1
            }
        }

        mutating func value() -> Value? {
            if case .tuple(let list) = values {
                guard used < list.elements.count else { return nil }
                used += 1
                return list.elements[used - 1]
            }
            guard used == 0 else { return nil }
            used = 1
            return values
        }
    }

    private func percentField(_ state: inout PercentState) throws(ChatError) -> String {
        var named: Value?
        if state.peek == "(" {
            state.index += 1
            let start = state.index
            var depth = 1
            while depth > 0, let scalar = state.next() {
                if scalar == "(" { depth += 1 }
                if scalar == ")" { depth -= 1 }
            }
            guard depth == 0 else { throw failure("incomplete format key") }
            guard case .dictionary(let names) = state.values else { throw failure("format requires a mapping") }
            let name = String(scalars: state.scalars[start..<(state.index - 1)])
            guard let value = names[name] else { throw failure("no key '\(name)' for the format string") }
            named = value
        }
        var specification = FormatSpecification()
        specification.alignment = ">"
        try readFlags(&state, &specification)
        while let scalar = state.peek, ["h", "l", "L"].contains(scalar) { state.index += 1 }
        guard let type = state.next() else { throw failure("incomplete format") }
        if type == "%" { return "%" }
        guard let value = named ?? state.value() else { throw failure("not enough arguments for format string") }
        return try percentFormat(value, type, specification)
    }

    private func readFlags(_ state: inout PercentState, _ specification: inout FormatSpecification) throws(ChatError) {
        flags: while let flag = state.peek {
            switch flag {
            case "-": specification.alignment = "<"
            case "0":
                if specification.alignment != "<" {
                    specification.alignment = "="
                    specification.fill = "0"
                }
            case "+": specification.sign = "+"
            case " ": if specification.sign != "+" { specification.sign = " " }
            case "#": specification.isAlternate = true
            default: break flags
            }
            state.index += 1
        }
        if specification.alignment == "<" { specification.fill = " " }
        let width = try readCount(&state) ?? 0
        if width < 0 {
            specification.alignment = "<"
            specification.fill = " "
        }
        specification.width = abs(width)
        if state.peek == "." {
            state.index += 1
            specification.precision = max(try readCount(&state) ?? 0, 0)
        }
        try checkSize(specification.width)
    }

    private func readCount(_ state: inout PercentState) throws(ChatError) -> Int? {
        if state.peek == "*" {
            state.index += 1
            guard let value = state.value()?.integer, abs(value) <= 1 << 30 else { throw failure("* wants int") }
            return value
        }
        var count: Int?
        while let digit = state.peek, digit.isASCIIDigit {
            count = (count ?? 0) * 10 + Int(digit.value - 48)
            guard count! <= 1 << 30 else { throw failure("width too big") }
            state.index += 1
        }
        return count
    }

    private func percentFormat(
        _ value: Value, _ type: Unicode.Scalar, _ given: FormatSpecification
    ) throws(ChatError) -> String {
        var specification = given
        specification.type = type
        switch type {
        case "s", "r", "a":
            let text = type == "s" ? try text(of: value) : try representation(of: value)
            if specification.alignment == "=" { (specification.alignment, specification.fill) = (">", " ") }
            return specification.format(text)
        case "d", "i", "u", "x", "X", "o":
            if case .undefined(let undefined) = value { throw failure(undefined) }
            let truncated =
                type == "x" || type == "X" || type == "o"
                ? nil : value.double.flatMap { Int(exactly: $0.rounded(.towardZero)) }
            guard let integer = value.integer ?? truncated else {
                throw failure("%\(type) format: an integer is required, not \(value.typeName)")
            }
            if let precision = specification.precision { return zeroPadded(integer, precision, specification) }
            return specification.format(integer) ?? ""
        case "e", "E", "f", "F", "g", "G":
            if case .undefined(let undefined) = value { throw failure(undefined) }
            guard let number = value.double else { throw failure("must be real number, not \(value.typeName)") }
            return specification.format(number) ?? ""
        case "c":
            let text =
                value.text
                ?? value.integer.flatMap { UInt32(exactly: $0) }.flatMap(Unicode.Scalar.init).map { String($0) }
            guard let text, text.unicodeScalars.count == 1 else { throw failure("%c requires int or char") }
            specification.precision = nil
            if specification.alignment == "=" { (specification.alignment, specification.fill) = (">", " ") }
            return specification.format(text)
        default: throw failure("unsupported format character '\(type)'")
        }
    }

    /// An integer with at least `precision` digits.
    private func zeroPadded(_ value: Int, _ precision: Int, _ given: FormatSpecification) -> String {
        var inner = FormatSpecification()
        inner.type = given.type
        let digits = inner.format(value == .min ? value : abs(value)) ?? ""
        let zeros = String(repeating: "0", count: max(min(precision, 1000) - digits.utf8.count, 0))
        let prefix = given.isAlternate && given.type != "d" ? "0" + String(given.type ?? "x") : ""
        let sign = value < 0 ? "-" : (given.sign == "-" ? "" : String(given.sign))
        var outer = given
        outer.precision = nil
        return outer.format(sign + prefix + zeros + digits)
    }
}
