extension Interpreter {
    /// Filters that make text of text.
    static let textFilters: [String: (parameters: [String], body: Filter)] = [
        "upper": ([], { (i, v, _) throws(ChatError) in try i.transformed(v) { $0.pythonUppercased } }),
        "lower": ([], { (i, v, _) throws(ChatError) in try i.transformed(v) { $0.pythonLowercased } }),
        "capitalize": ([], { (i, v, _) throws(ChatError) in try i.transformed(v) { $0.pythonCapitalized } }),
        "title": ([], { (i, v, _) throws(ChatError) in try i.transformed(v) { $0.titledByWords } }),
        "trim": (["chars"], { (i, v, a) throws(ChatError) in try i.trimmed(v, a) }),
        "replace": (["old", "new", "count"], { (i, v, a) throws(ChatError) in try i.replaced(v, a) }),
        "indent": (["width", "first", "blank"], { (i, v, a) throws(ChatError) in try i.indented(v, a) }),
        "center": (["width"], { (i, v, a) throws(ChatError) in try i.centered(v, a) }),
        "truncate": (
            ["length", "killwords", "end", "leeway"], { (i, v, a) throws(ChatError) in try i.truncated(v, a) }
        ),
        "wordcount": ([], { (i, v, _) throws(ChatError) in .integer(try i.text(of: v).wordCount) }),
    ]

    /// Markup stays markup.
    private func transformed(_ value: Value, _ body: (String) -> String) throws(ChatError) -> Value {
        let result = try string(body(try text(of: value)))
        return value.isMarkup ? .markup(result.text ?? "") : result
    }

    private func trimmed(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        let characters = arguments[0] ?? .none
        guard characters.isNone || characters.text != nil else {
            throw failure("trim takes a string of characters, found '\(characters.typeName)'")
        }
        let set = characters.text.map { Set($0.unicodeScalars) }
        return try transformed(value) { $0.stripped(set) }
    }

    private func replaced(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let old = arguments[0], let new = arguments[1] else { throw failure("replace takes two texts") }
        let count = arguments[2] ?? .none
        guard count.isNone || count.integer != nil else { throw failure("replace takes a whole number as count") }
        return try string(
            try replace(
                try text(of: old), by: try text(of: new), in: try text(of: value), limit: count.integer ?? -1))
    }

    private func indented(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        if case .undefined(let undefined) = value { throw failure(undefined) }
        guard let source = value.text else { throw failure("indent takes text, found '\(value.typeName)'") }
        let width = arguments[0] ?? .integer(4)
        let indentation: String
        if let text = width.text {
            indentation = text
        } else if let count = width.integer {
            try checkSize(max(count, 0))
            indentation = String(repeating: " ", count: max(count, 0))
        } else {
            throw failure("indent takes a width or a text to indent by, found '\(width.typeName)'")
        }
        let indentsFirst = arguments[1]?.isTrue ?? false
        let indentsBlank = arguments[2]?.isTrue ?? false
        var result = ""
        for (index, line) in (source + "\n").pythonLines(keepsEnds: false).enumerated() {
            if index > 0 { result += "\n" }
            if index == 0 ? indentsFirst : (indentsBlank || !line.isEmpty) { result += indentation }
            result += line
            if result.utf8.count > limits.maximumOutputBytes { break }
        }
        let text = try string(result)
        return value.isMarkup ? .markup(text.text ?? "") : text
    }

    private func centered(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let width = (arguments[0] ?? .integer(80)).integer else { throw failure("center takes a whole number") }
        let source = try text(of: value)
        return try string(try pad(source, to: width, with: " ", left: .center))
    }

    private func truncated(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        if case .undefined = value { return .string("") }
        guard let length = (arguments[0] ?? .integer(255)).integer, length < 1 << 40,
            let end = (arguments[2] ?? .string("...")).text, let leeway = leeway(arguments[3])
        else { throw failure("truncate takes a length, a flag, an end and a leeway") }
        let endCount = end.unicodeScalars.count
        guard length >= endCount, leeway >= 0 else {
            throw failure("truncate: expected a length of at least \(endCount) and a leeway of at least 0")
        }
        if let count = value.count, count <= length + leeway { return value }
        guard let source = value.text else { throw failure("truncate takes text, found '\(value.typeName)'") }
        let scalars = Array(source.unicodeScalars)
        let kept = scalars[..<(length - endCount)]
        if arguments[1]?.isTrue ?? false { return try string(String(scalars: kept) + end) }
        let cut = kept.lastIndex(of: " ") ?? kept.endIndex
        return try string(String(scalars: kept[..<cut]) + end)
    }

    private func leeway(_ argument: Value?) -> Int? {
        guard let argument, !argument.isNone else { return 5 }
        return argument.integer.map { min($0, 1 << 40) }
    }

    /// `text` with `old` replaced by `new`, at most `limit` times unless that is negative.
    func replace(_ old: String, by new: String, in text: String, limit: Int) throws(ChatError) -> String {
        var result: [UInt8] = []
        let source = Array(text.utf8)
        let wanted = Array(old.utf8)
        let replacement = Array(new.utf8)
        var position = 0
        var left = limit < 0 ? Int.max : limit
        while left > 0 {
            let found: Int?
            if wanted.isEmpty {
                found = position <= source.count ? position : nil
            } else {
                found = source.firstOffset(of: wanted, from: position)
            }
            guard let found else { break }
            left -= 1
            result += source[position..<found]
            result += replacement
            position = found + wanted.count
            if wanted.isEmpty {
                guard position < source.count else { break }
                repeat {
                    result.append(source[position])
                    position += 1
                } while position < source.count && source[position] & 0xC0 == 0x80
                if position == source.count, left == 0 { break }
            }
            try charge(1)
            if result.count > limits.maximumOutputBytes { try checkSize(result.count) }
        }
        if position < source.count { result += source[position...] }
        return String(decoding: result, as: UTF8.self)
    }
}

extension String {
    /// The `title` filter: words begin after white space, hyphens and opening brackets.
    fileprivate var titledByWords: String {
        var isStart = true
        let scalars = Array(unicodeScalars)
        // Each word is put in lower case for itself.
        var wordStart = 0
        return scalars.indices.reduce(into: "") { result, index in
            let scalar = scalars[index]
            if scalar.isPythonSpace || ["-", "(", "{", "[", "<"].contains(scalar) {
                result.unicodeScalars.append(scalar)
                isStart = true
            } else if isStart {
                result += scalar.properties.uppercaseMapping
                isStart = false
                wordStart = index + 1
            } else if scalar == "Σ" {
                let word = Array(scalars[wordStart...].prefix { !$0.isPythonSpace })
                result += word.lowercaseMapping(at: index - wordStart)
            } else {
                result += scalar.properties.lowercaseMapping
            }
        }
    }

    fileprivate var wordCount: Int {
        var count = 0
        var isInside = false
        for scalar in unicodeScalars {
            let isWord = scalar == "_" || scalar.isPythonAlphanumeric
            if isWord, !isInside { count += 1 }
            isInside = isWord
        }
        return count
    }
}
