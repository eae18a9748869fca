extension Interpreter {
    typealias Test = @Sendable (Interpreter, Value, [Value]) throws(ChatError) -> Bool

    static func unknownTest(_ name: String, line: Int) -> ChatError {
        ChatError(.unsupported, "there is no test '\(name)'", line: line)
    }

    /// Tests by name, each with how many arguments it takes.
    static let tests: [String: (arguments: Int, body: Test)] = [
        "odd": (0, { (i, v, _) throws(ChatError) in try i.remainder(v, .integer(2)) == 1 }),
        "even": (0, { (i, v, _) throws(ChatError) in try i.remainder(v, .integer(2)) == 0 }),
        "divisibleby": (1, { (i, v, a) throws(ChatError) in try i.remainder(v, a[0]) == 0 }),
        "defined": (0, { (_, v, _) throws(ChatError) in !v.isUndefined }),
        "undefined": (0, { (_, v, _) throws(ChatError) in v.isUndefined }),
        "filter": (
            0, { (i, v, _) throws(ChatError) in try i.hashableName(v).map { Interpreter.filters[$0] != nil } ?? false }
        ),
        "test": (
            0, { (i, v, _) throws(ChatError) in try i.hashableName(v).map { Interpreter.tests[$0] != nil } ?? false }
        ),
        "none": (0, { (_, v, _) throws(ChatError) in v.isNone }),
        "boolean": (0, { (_, v, _) throws(ChatError) in if case .bool = v { true } else { false } }),
        "true": (0, { (_, v, _) throws(ChatError) in if case .bool(true) = v { true } else { false } }),
        "false": (0, { (_, v, _) throws(ChatError) in if case .bool(false) = v { true } else { false } }),
        "integer": (0, { (_, v, _) throws(ChatError) in if case .integer = v { true } else { false } }),
        "float": (0, { (_, v, _) throws(ChatError) in if case .number = v { true } else { false } }),
        "number": (0, { (_, v, _) throws(ChatError) in v.double != nil }),
        "string": (0, { (_, v, _) throws(ChatError) in v.text != nil }),
        "lower": (0, { (i, v, _) throws(ChatError) in try i.text(of: v).isPythonLower }),
        "upper": (0, { (i, v, _) throws(ChatError) in try i.text(of: v).isPythonUpper }),
        "mapping": (0, { (_, v, _) throws(ChatError) in if case .dictionary = v { true } else { false } }),
        "sequence": (0, { (_, v, _) throws(ChatError) in v.isSequence }),
        "iterable": (0, { (_, v, _) throws(ChatError) in v.isIterable }),
        "callable": (0, { (_, v, _) throws(ChatError) in v.isCallable }),
        "sameas": (1, { (_, v, a) throws(ChatError) in v.isSame(as: a[0]) }),
        "escaped": (0, { (_, v, _) throws(ChatError) in v.isMarkup }),
        "in": (1, { (i, v, a) throws(ChatError) in try i.contains(a[0], v) }),
        "==": comparison("=="), "eq": comparison("=="), "equalto": comparison("=="),
        "!=": comparison("!="), "ne": comparison("!="),
        ">": comparison(">"), "gt": comparison(">"), "greaterthan": comparison(">"),
        ">=": comparison(">="), "ge": comparison(">="),
        "<": comparison("<"), "lt": comparison("<"), "lessthan": comparison("<"),
        "<=": comparison("<="), "le": comparison("<="),
    ]

    private static func comparison(_ operation: String) -> (arguments: Int, body: Test) {
        (1, { (i, v, a) throws(ChatError) in try i.compare(operation, v, a[0]) })
    }

    func applyTest(_ name: String, to value: Value, _ arguments: Arguments) throws(ChatError) -> Bool {
        guard let test = Self.tests[name] else { throw Self.unknownTest(name, line: line) }
        let values = arguments.positional + arguments.keyword.map(\.value)
        guard values.count == test.arguments else {
            throw failure("the test '\(name)' takes \(test.arguments) arguments, found \(values.count)")
        }
        return try test.body(self, value, values)
    }

    private func hashableName(_ value: Value) throws(ChatError) -> String? {
        try requireHashable(value)
        return value.text
    }

    private func remainder(_ value: Value, _ divisor: Value) throws(ChatError) -> Double {
        if let text = value.text { _ = try percentFormat(text, divisor) }
        guard let result = try binary("%", value, divisor).double else { return -1 }
        return result
    }
}

extension Value {
    fileprivate var isSequence: Bool {
        switch self {
        case .undefined, .string, .markup, .list, .tuple, .dictionary, .range: true
        default: false
        }
    }

    fileprivate var isIterable: Bool {
        switch self {
        case .view, .iterator, .loop: true
        default: isSequence
        }
    }

    fileprivate var isCallable: Bool {
        switch self {
        case .function, .loop, .undefined: true
        default: false
        }
    }

    /// Python's `is`, for values that have only one instance; never true of lists and dictionaries, which have no identity
    /// here.
    fileprivate func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.string(let left), .string(let right)): left.isSameText(as: right)
        case (.namespace(let left), .namespace(let right)): left === right
        default: false
        }
    }
}
