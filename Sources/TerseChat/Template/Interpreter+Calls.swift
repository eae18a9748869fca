import Foundation

/// Evaluated arguments of a call.
struct Arguments {
    var positional: [Value] = []
    var keyword: [(name: String, value: Value)] = []

    var isEmpty: Bool { positional.isEmpty && keyword.isEmpty }
}

extension Interpreter {
    static let builtins = ["range", "dict", "namespace", "raise_exception", "strftime_now", "joiner", "cycler"]

    func evaluate(_ arguments: CallArguments) throws(ChatError) -> Arguments {
        var result = Arguments(positional: try evaluate(arguments.positional))
        for argument in arguments.keyword { result.keyword.append((argument.name, try evaluate(argument.value))) }
        if let spread = arguments.spread { result.positional += try elements(of: try evaluate(spread)) }
        if let spread = arguments.keywordSpread {
            guard case .dictionary(let dictionary) = try evaluate(spread) else {
                throw failure("the argument after ** must be a mapping")
            }
            for entry in dictionary.entries {
                guard let name = entry.key.text else { throw failure("keywords must be strings") }
                guard !result.keyword.contains(where: { $0.name == name }) else {
                    throw failure("the argument '\(name)' is given twice")
                }
                result.keyword.append((name, entry.value))
            }
        }
        return result
    }

    func evaluateCall(_ callee: Expression, _ arguments: CallArguments, line: Int) throws(ChatError) -> Value {
        let function = try evaluate(callee)
        let values = try evaluate(arguments)
        self.line = line
        return try call(function, values)
    }

    func call(_ callee: Value, _ arguments: Arguments) throws(ChatError) -> Value {
        switch callee {
        case .undefined(let undefined): throw failure(undefined)
        case .loop(let loop): return try recurse(loop, arguments)
        case .function(.macro(let macro)): return try call(macro, arguments)
        case .function(.builtin(let name)): return try callBuiltin(name, arguments)
        case .function(.method(let receiver, let name)): return try callMethod(name, of: receiver, arguments)
        case .function(.joiner(let joiner)):
            defer { joiner.isUsed = true }
            return joiner.isUsed ? joiner.separator : .string("")
        default: throw failure("'\(callee.typeName)' object is not callable")
        }
    }

    /// Values by parameter; nil where an argument is not given.
    /// - Throws: when there are more or other arguments than parameters.
    func bind(_ arguments: Arguments, _ function: String, _ parameters: [String]) throws(ChatError) -> [Value?] {
        guard arguments.positional.count <= parameters.count else {
            throw failure(
                "\(function) takes at most \(parameters.count) arguments, found \(arguments.positional.count)")
        }
        var values: [Value?] = arguments.positional
        values += [Value?](repeating: nil, count: parameters.count - values.count)
        for (name, value) in arguments.keyword {
            guard let index = parameters.firstIndex(of: name) else {
                throw failure("\(function) has no argument '\(name)'")
            }
            guard values[index] == nil else { throw failure("\(function): the argument '\(name)' is given twice") }
            values[index] = value
        }
        return values
    }

    // MARK: Macros and loops

    private func call(_ macro: Macro, _ arguments: Arguments) throws(ChatError) -> Value {
        try enter()
        defer { leave() }
        let definition = macro.definition
        let outer = scope
        let outerLine = line
        defer {
            scope = outer
            line = outerLine
        }
        scope = Scope(parent: macro.scope)
        try bindParameters(of: definition, arguments)
        let (_, text) = try capture { () throws(ChatError) in try self.execute(definition.body) }
        return try string(text)
    }

    private func bindParameters(of definition: MacroDefinition, _ arguments: Arguments) throws(ChatError) {
        let name = definition.name ?? "caller"
        let parameters = definition.parameters
        var keyword = arguments.keyword
        let given = min(arguments.positional.count, parameters.count)
        for index in 0..<given { scope.variables[parameters[index]] = arguments.positional[index] }
        let firstDefault = parameters.count - definition.defaults.count
        for index in given..<parameters.count {
            let parameter = parameters[index]
            if let position = keyword.firstIndex(where: { $0.name == parameter }) {
                scope.variables[parameter] = keyword.remove(at: position).value
            } else if index >= firstDefault {
                scope.variables[parameter] = try evaluate(definition.defaults[index - firstDefault])
            } else {
                scope.variables[parameter] = .undefined(.because("parameter '\(parameter)' was not provided"))
            }
        }
        let special = definition.specialNames
        if special.contains("caller"), !parameters.contains("caller") {
            let position = keyword.firstIndex { $0.name == "caller" }
            scope.variables["caller"] =
                position.map { keyword.remove(at: $0).value } ?? .undefined(.because("no caller defined"))
        }
        if special.contains("kwargs"), !parameters.contains("kwargs") {
            var rest = ValueDictionary()
            for (name, value) in keyword { try set(.string(name), value, in: &rest) }
            scope.variables["kwargs"] = .dictionary(rest)
        } else if let extra = keyword.first {
            throw failure("macro '\(name)' takes no keyword argument '\(extra.name)'")
        }
        if special.contains("varargs"), !parameters.contains("varargs") {
            scope.variables["varargs"] = try tuple(Array(arguments.positional.dropFirst(parameters.count)))
        } else if arguments.positional.count > parameters.count {
            throw failure(
                "macro '\(name)' takes not more than \(parameters.count) arguments, found \(arguments.positional.count)"
            )
        }
    }

    private func recurse(_ context: LoopContext, _ arguments: Arguments) throws(ChatError) -> Value {
        guard let (loop, loopScope) = context.recursion else {
            throw failure("the loop must have the 'recursive' marker to be called recursively")
        }
        guard arguments.positional.count == 1, arguments.keyword.isEmpty else {
            throw failure("loop() takes one argument, found \(arguments.positional.count + arguments.keyword.count)")
        }
        try enter()
        defer { leave() }
        let outer = scope
        scope = loopScope
        defer { scope = outer }
        let (_, text) = try capture { () throws(ChatError) in
            try self.execute(loop, over: arguments.positional[0], depth0: context.depth0 + 1)
        }
        return try string(text)
    }

    // MARK: Functions

    private func callBuiltin(_ name: String, _ arguments: Arguments) throws(ChatError) -> Value {
        switch name {
        case "range": return try range(arguments)
        case "dict": return .dictionary(try dictionary(arguments))
        case "namespace":
            let namespace = try makeNamespace()
            let attributes = try dictionary(arguments)
            for entry in attributes.entries { try checkAttribute(entry.key.text ?? "") }
            namespace.attributes = attributes
            return .namespace(namespace)
        case "raise_exception":
            let values = try bind(arguments, name, ["message"])
            guard let message = values[0] else { throw failure("raise_exception takes one argument, found none") }
            throw failure(try text(of: message), .refused)
        case "strftime_now":
            let values = try bind(arguments, name, ["format"])
            guard let format = values[0]?.text else { throw failure("strftime_now takes a string") }
            return try string(try formatTime(format))
        case "joiner":
            let values = try bind(arguments, name, ["sep"])
            return .function(.joiner(Joiner(separator: values[0] ?? .string(", "))))
        default:
            guard !arguments.positional.isEmpty else { throw failure("cycler takes at least one item") }
            return .function(.cycler(Cycler(items: try valueList(arguments.positional).elements)))
        }
    }

    private func range(_ arguments: Arguments) throws(ChatError) -> Value {
        guard arguments.keyword.isEmpty, (1...3).contains(arguments.positional.count) else {
            throw failure("range takes one to three integers")
        }
        var bounds: [Int] = []
        for value in arguments.positional {
            if case .undefined(let undefined) = value { throw failure(undefined) }
            guard let bound = value.integer else {
                throw failure("range takes integers, found '\(value.typeName)'")
            }
            guard bound.magnitude < 1 << 62 else { throw failure("range of more than 62 bits", .unsupported) }
            bounds.append(bound)
        }
        let range = ValueRange(
            start: bounds.count > 1 ? bounds[0] : 0, stop: bounds.count > 1 ? bounds[1] : bounds[0],
            step: bounds.count > 2 ? bounds[2] : 1)
        guard range.step != 0 else { throw failure("the step of a range must not be zero") }
        guard range.count <= TemplateLimits.maximumRange else {
            throw failure(
                "range of \(range.count) elements, more than the limit of \(TemplateLimits.maximumRange)",
                .limitExceeded)
        }
        return .range(range)
    }

    /// `dict(…)`: a mapping or pairs, and keywords.
    private func dictionary(_ arguments: Arguments) throws(ChatError) -> ValueDictionary {
        guard arguments.positional.count <= 1 else {
            throw failure("expected at most one argument, found \(arguments.positional.count)")
        }
        var result = ValueDictionary()
        if let source = arguments.positional.first {
            if case .undefined(let undefined) = source { throw failure(undefined) }
            if case .dictionary(let dictionary) = source {
                result = dictionary
            } else {
                for pair in try elements(of: source) {
                    let parts = try elements(of: pair, limit: 3)
                    guard parts.count == 2 else { throw failure("expected pairs of key and value") }
                    try set(parts[0], parts[1], in: &result)
                }
            }
        }
        for (name, value) in arguments.keyword { try set(.string(name), value, in: &result) }
        return result
    }

    private func formatTime(_ format: String) throws(ChatError) -> String {
        var seconds = time_t(now)
        var parts = tm()
        localtime_r(&seconds, &parts)
        guard !format.isEmpty else { return "" }
        var buffer = [CChar](repeating: 0, count: 1024)
        // A character more, since an empty result cannot be told from one that did not fit.
        let length = strftime(&buffer, buffer.count, format + "x", &parts)
        guard length > 0 else { throw failure("strftime_now: the formatted time has more than \(buffer.count) bytes") }
        return String(decoding: buffer[..<(length - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Methods

    private func callMethod(_ name: String, of receiver: Value, _ arguments: Arguments) throws(ChatError) -> Value {
        switch receiver {
        case .string(let text), .markup(let text): return try callStringMethod(name, of: text, receiver, arguments)
        case .dictionary(let dictionary): return try callDictionaryMethod(name, of: dictionary, arguments)
        case .list(let list), .tuple(let list): return try callListMethod(name, of: list, receiver, arguments)
        case .range:
            let list = try valueList(try elements(of: receiver))
            return try callListMethod(name, of: list, receiver, arguments)
        case .loop(let loop):
            guard arguments.keyword.isEmpty else { throw failure("\(name) takes no keyword arguments") }
            if name == "cycle" { return try loop.cycle(arguments.positional, self) }
            return .bool(try loop.changed(arguments.positional, self))
        case .function(.cycler(let cycler)):
            if name == "reset" {
                cycler.position = 0
                return .none
            }
            defer { cycler.position = (cycler.position + 1) % cycler.items.count }
            return cycler.items[cycler.position]
        default: throw failure("'\(receiver.typeName)' object has no method '\(name)'")
        }
    }

    private func callDictionaryMethod(
        _ name: String, of dictionary: ValueDictionary, _ arguments: Arguments
    ) throws(ChatError) -> Value {
        guard arguments.keyword.isEmpty else { throw failure("dict.\(name)() takes no keyword arguments") }
        let count = arguments.positional.count
        guard name == "get" ? (1...2).contains(count) : count == 0 else {
            throw failure("dict.\(name)() does not take \(count) arguments")
        }
        switch name {
        case "get":
            let key = arguments.positional[0]
            try requireHashable(key)
            return dictionary[key] ?? (count > 1 ? arguments.positional[1] : .none)
        case "items": return .view(DictionaryView(kind: .items, dictionary: dictionary))
        case "keys": return .view(DictionaryView(kind: .keys, dictionary: dictionary))
        case "values": return .view(DictionaryView(kind: .values, dictionary: dictionary))
        default: return .dictionary(dictionary)
        }
    }

    private func callListMethod(
        _ name: String, of list: ValueList, _ receiver: Value, _ arguments: Arguments
    ) throws(ChatError) -> Value {
        let type = receiver.typeName
        guard arguments.keyword.isEmpty else { throw failure("\(type).\(name)() takes no keyword arguments") }
        if name == "copy", arguments.isEmpty { return receiver }
        guard let wanted = arguments.positional.first, name == "index" || arguments.positional.count == 1 else {
            throw failure("\(type).\(name)() does not take \(arguments.positional.count) arguments")
        }
        if name == "count" {
            var count = 0
            for element in list.elements where try equal(element, wanted) { count += 1 }
            return .integer(count)
        }
        let (start, end) = try searchBounds(Array(arguments.positional.dropFirst()), count: list.elements.count)
        for index in start..<max(start, end) where try equal(list.elements[index], wanted) { return .integer(index) }
        throw failure("\(try representation(of: wanted)) is not in \(type)")
    }

    /// Optional start and end of a search, as in Python's `index` and `find`.
    func searchBounds(_ arguments: [Value], count: Int) throws(ChatError) -> (start: Int, end: Int) {
        guard arguments.count <= 2 else { throw failure("too many arguments") }
        var bounds = [0, count]
        for (index, value) in arguments.enumerated() where !value.isNone {
            guard let bound = value.integer else {
                throw failure("slice indices must be integers or none, not \(value.typeName)")
            }
            bounds[index] = min(max(bound < 0 ? max(bound, -count) + count : bound, 0), index == 0 ? Int.max : count)
        }
        return (bounds[0], bounds[1])
    }
}
