extension Interpreter {
    typealias Filter = @Sendable (Interpreter, Value, [Value?]) throws(ChatError) -> Value

    static func unknownFilter(_ name: String, line: Int) -> ChatError {
        ChatError(.unsupported, "there is no filter '\(name)'", line: line)
    }

    /// Filters by name, each with the names of its parameters. Those that take any arguments have none here and
    /// are named in `openFilterNames`.
    static let filters: [String: (parameters: [String], body: Filter)] = {
        var all = textFilters.merging(collectionFilters) { $1 }.merging(valueFilters) { $1 }
        for name in openFilterNames { all[name] = ([], { (_, value, _) throws(ChatError) in value }) }
        return all
    }()

    private static let openFilterNames = ["map", "select", "reject", "selectattr", "rejectattr", "format"]

    func applyFilter(_ name: String, to value: Value, _ arguments: Arguments) throws(ChatError) -> Value {
        try charge(value.cost)
        if Self.openFilterNames.contains(name) { return try applyOpenFilter(name, to: value, arguments) }
        guard let filter = Self.filters[name] else { throw Self.unknownFilter(name, line: line) }
        return try filter.body(self, value, try bind(arguments, "the filter '\(name)'", filter.parameters))
    }

    private func applyOpenFilter(_ name: String, to value: Value, _ arguments: Arguments) throws(ChatError) -> Value {
        switch name {
        case "map": return try mapped(value, arguments)
        case "select", "reject":
            return try selected(value, arguments, path: nil, keeps: name == "select")
        case "selectattr", "rejectattr":
            guard let path = arguments.positional.first else {
                throw failure("the filter '\(name)' takes an attribute")
            }
            let rest = Arguments(positional: Array(arguments.positional.dropFirst()), keyword: arguments.keyword)
            return try selected(value, rest, path: try attributePath(path), keeps: name == "selectattr")
        default:
            guard arguments.positional.isEmpty || arguments.keyword.isEmpty else {
                throw failure("format takes either positional or keyword arguments")
            }
            let format = try text(of: value)
            if arguments.keyword.isEmpty {
                return try string(try percentFormat(format, try tuple(arguments.positional)))
            }
            var names = ValueDictionary()
            for (name, value) in arguments.keyword { try set(.string(name), value, in: &names) }
            return try string(try percentFormat(format, .dictionary(names)))
        }
    }

    /// Filters over numbers and any value.
    private static let valueFilters: [String: (parameters: [String], body: Filter)] = [
        "default": (["default_value", "boolean"], { (_, v, a) throws(ChatError) in Interpreter.defaulted(v, a) }),
        "d": (["default_value", "boolean"], { (_, v, a) throws(ChatError) in Interpreter.defaulted(v, a) }),
        "tojson": (
            ["ensure_ascii", "indent", "separators", "sort_keys"],
            { (i, v, a) throws(ChatError) in try i.toJSON(v, a) }
        ),
        "string": ([], { (i, v, _) throws(ChatError) in v.isMarkup ? v : try i.string(try i.text(of: v)) }),
        "safe": ([], { (i, v, _) throws(ChatError) in .markup(try i.text(of: v)) }),
        "escape": ([], { (i, v, _) throws(ChatError) in try i.escaped(v) }),
        "e": ([], { (i, v, _) throws(ChatError) in try i.escaped(v) }),
        "forceescape": ([], { (i, v, _) throws(ChatError) in try i.escaped(.string(try i.text(of: v))) }),
        "attr": (["name"], { (i, v, a) throws(ChatError) in try i.ownAttributeFilter(v, a) }),
        "abs": ([], { (i, v, _) throws(ChatError) in try i.absolute(v) }),
        "int": (["default", "base"], { (i, v, a) throws(ChatError) in try i.toInteger(v, a) }),
        "float": (["default"], { (i, v, a) throws(ChatError) in try i.toFloat(v, a) }),
        "round": (["precision", "method"], { (i, v, a) throws(ChatError) in try i.rounded(v, a) }),
    ]

    private static func defaulted(_ value: Value, _ arguments: [Value?]) -> Value {
        let usesTruth = arguments[1]?.isTrue ?? false
        return value.isUndefined || (usesTruth && !value.isTrue) ? arguments[0] ?? .string("") : value
    }

    private func escaped(_ value: Value) throws(ChatError) -> Value {
        if value.isMarkup { return value }
        return .markup(try string(try text(of: value).escapedForHTML).text ?? "")
    }

    private func ownAttributeFilter(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let name = arguments[0]?.text else { throw failure("attr takes the name of an attribute") }
        if case .undefined(let undefined) = value { throw failure(undefined) }
        return try ownAttribute(name, of: value) ?? .undefined(.attribute(of: value.typeName + " object", name))
    }

    // MARK: Sequences with filters and tests on their elements

    private func mapped(_ value: Value, _ arguments: Arguments) throws(ChatError) -> Value {
        guard value.isTrue else {
            return try iterator(over: Self.iterator([], depth: 0)) { _ throws(ChatError) in nil }
        }
        if arguments.positional.isEmpty, arguments.keyword.contains(where: { $0.name == "attribute" }) {
            let values = try bind(arguments, "the filter 'map'", ["attribute", "default"])
            let path = try attributePath(values[0] ?? .none)
            let fallback = values[1].flatMap { $0.isNone ? nil : $0 }
            return try iterator(over: try makeIterator(value)) { [unowned self] source throws(ChatError) in
                guard let element = try source.next() else { return nil }
                return try self.follow(path, from: element, default: fallback)
            }
        }
        guard let name = arguments.positional.first else { throw failure("map requires a filter argument") }
        guard let name = name.text else { throw failure("map takes the name of a filter, found '\(name.typeName)'") }
        let rest = Arguments(positional: Array(arguments.positional.dropFirst()), keyword: arguments.keyword)
        return try iterator(over: try makeIterator(value)) { [unowned self] source throws(ChatError) in
            guard let element = try source.next() else { return nil }
            try self.enter()
            defer { self.leave() }
            return try self.applyFilter(name, to: element, rest)
        }
    }

    private func selected(
        _ value: Value, _ arguments: Arguments, path: [Value]?, keeps: Bool
    ) throws(ChatError) -> Value {
        guard value.isTrue else {
            return try iterator(over: Self.iterator([], depth: 0)) { _ throws(ChatError) in nil }
        }
        let test = arguments.positional.first
        let rest = Arguments(positional: Array(arguments.positional.dropFirst()), keyword: arguments.keyword)
        return try iterator(over: try makeIterator(value)) { [unowned self] source throws(ChatError) in
            while let element = try source.next() {
                try self.enter()
                defer { self.leave() }
                let examined = if let path { try self.follow(path, from: element, default: nil) } else { element }
                let passes: Bool
                if let test {
                    passes = try self.applyTest(try self.text(of: test), to: examined, rest)
                } else {
                    passes = examined.isTrue
                }
                if passes == keeps { return element }
            }
            return nil
        }
    }

    /// The keys of a dotted path, digits as positions.
    func attributePath(_ attribute: Value) throws(ChatError) -> [Value] {
        if attribute.isNone { return [] }
        guard let text = attribute.text else { return [attribute] }
        return text.split(separator: ".", omittingEmptySubsequences: false).map { part in
            part.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
                ? Int(part).map { .integer($0) } ?? .string(String(part))
                : .string(String(part))
        }
    }

    func follow(_ path: [Value], from start: Value, default fallback: Value?) throws(ChatError) -> Value {
        var value = start
        for key in path {
            value = try item(key, of: value)
            if let fallback, value.isUndefined { value = fallback }
        }
        return value
    }
}
