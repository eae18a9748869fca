extension Interpreter {
    func evaluate(_ expression: Expression) throws(ChatError) -> Value {
        try enter()
        defer { leave() }
        line = expression.line
        switch expression.kind {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let text): return .string(text)
        case .name(let name): return scope.lookup(name) ?? .undefined(.name(name))
        case .tuple(let elements): return try tuple(try evaluate(elements))
        case .list(let elements): return try list(try evaluate(elements))
        case .dictionary(let members): return try evaluateDictionary(members)
        case .attribute(let object, let name): return try attribute(name, of: try evaluate(object))
        case .item(let object, let index): return try item(try evaluate(index), of: try evaluate(object))
        case .slice(let object, let start, let stop, let step):
            return try evaluateSlice(of: try evaluate(object), start, stop, step)
        case .call(let callee, let arguments): return try evaluateCall(callee, arguments, line: expression.line)
        case .filter(let value, let name, let arguments):
            guard let value else { throw failure("the filter '\(name)' has no value") }
            return try applyFilter(name, to: try evaluate(value), try evaluate(arguments))
        case .test(let value, let name, let arguments):
            return .bool(try applyTest(name, to: try evaluate(value), try evaluate(arguments)))
        case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
        case .and(let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? try evaluate(right) : value
        case .or(let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? value : try evaluate(right)
        case .conditional(let test, let then, let otherwise): return try evaluateConditional(test, then, otherwise)
        case .comparison(let first, let rest): return try evaluateComparison(first, rest)
        case .binary(let operation, let left, let right):
            let left = try evaluate(left)
            return try binary(operation, left, try evaluate(right))
        case .negative(let operand): return try negative(try evaluate(operand))
        case .positive(let operand): return try positive(try evaluate(operand))
        case .concatenation(let parts): return try evaluateConcatenation(parts)
        }
    }

    func evaluate(_ expressions: [Expression]) throws(ChatError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private func evaluateDictionary(_ members: [(key: Expression, value: Expression)]) throws(ChatError) -> Value {
        var dictionary = ValueDictionary()
        for member in members {
            let key = try evaluate(member.key)
            try set(key, try evaluate(member.value), in: &dictionary)
        }
        return .dictionary(dictionary)
    }

    private func evaluateConditional(
        _ test: Expression, _ then: Expression, _ otherwise: Expression?
    ) throws(ChatError) -> Value {
        if try evaluate(test).isTrue { return try evaluate(then) }
        if let otherwise { return try evaluate(otherwise) }
        return .undefined(.because("the inline if-expression evaluated to false and no else section was defined"))
    }

    private func evaluateComparison(
        _ first: Expression, _ rest: [(operation: String, operand: Expression)]
    ) throws(ChatError) -> Value {
        var left = try evaluate(first)
        for (operation, operand) in rest {
            let right = try evaluate(operand)
            guard try compare(operation, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func evaluateConcatenation(_ parts: [Expression]) throws(ChatError) -> Value {
        var result = ""
        for part in parts {
            result += try text(of: try evaluate(part))
            guard result.utf8.count <= limits.maximumOutputBytes else { try checkSize(result.utf8.count); break }
        }
        return try string(result)
    }

    /// The filters of `{% filter %}` and `{% set name | filter %}`, of a block's text.
    func evaluateFilter(_ expression: Expression, of text: Value) throws(ChatError) -> Value {
        guard case .filter(let inner, let name, let arguments) = expression.kind else { return text }
        let value = if let inner { try evaluateFilter(inner, of: text) } else { text }
        return try applyFilter(name, to: value, try evaluate(arguments))
    }

    // MARK: Attributes and elements

    /// `object.name`: what the object has by that name, else its element of that key.
    func attribute(_ name: String, of object: Value) throws(ChatError) -> Value {
        if case .undefined(let undefined) = object { throw failure(undefined) }
        if let own = try ownAttribute(name, of: object) { return own }
        if case .dictionary(let dictionary) = object, let value = dictionary[name] { return value }
        return .undefined(.attribute(of: Self.objectName(of: object), name))
    }

    /// `object[key]`: the element, else what the object has by that name.
    func item(_ key: Value, of object: Value) throws(ChatError) -> Value {
        if case .undefined(let undefined) = object { throw failure(undefined) }
        if let element = try element(key, of: object) { return element }
        if let name = key.text {
            if let own = try ownAttribute(name, of: object) { return own }
            return .undefined(.attribute(of: Self.objectName(of: object), name))
        }
        return .undefined(.element(of: Self.objectName(of: object), try representation(of: key)))
    }

    private static func objectName(of value: Value) -> String {
        if case .none = value { return "None" }
        return value.typeName + " object"
    }

    private func element(_ key: Value, of object: Value) throws(ChatError) -> Value? {
        if case .dictionary(let dictionary) = object {
            do {
                try requireHashable(key)
            } catch {
                guard error.code == .rendering else { throw error }
                return nil
            }
            return dictionary[key]
        }
        guard let index = key.integer, let count = object.count else { return nil }
        let position = index < 0 ? index + count : index
        guard position >= 0, position < count else { return nil }
        switch object {
        case .list(let list), .tuple(let list): return list.elements[position]
        case .string(let text), .markup(let text):
            try charge(position / 16)
            let scalars = text.unicodeScalars
            let character = String(scalars[scalars.index(scalars.startIndex, offsetBy: position)])
            if case .markup = object { return .markup(character) }
            return .string(character)
        case .range(let range): return .integer(range[position])
        default: return nil
        }
    }

    /// What the object has by a name, apart from elements; nil when there is no such thing.
    func ownAttribute(_ name: String, of object: Value) throws(ChatError) -> Value? {
        switch object {
        case .namespace(let namespace): return namespace.attributes[name]
        case .loop(let loop): return try loop.attribute(name, self)
        case .tuple(let list) where list.isGroup && (name == "grouper" || name == "list"):
            return list.elements[name == "grouper" ? 0 : 1]
        case .function(.macro(let macro)) where name == "name":
            return macro.definition.name.map { .string($0) } ?? Value.none
        case .function(.macro(let macro)) where name == "arguments":
            return try tuple(macro.definition.parameters.map { .string($0) })
        case .function(.cycler(let cycler)) where name == "current": return cycler.items[cycler.position]
        case .function(.cycler) where name == "next" || name == "reset": return .function(.method(of: object, name))
        case .string, .markup:
            return Self.stringMethods.contains(name) ? .function(.method(of: object, name)) : nil
        case .dictionary:
            if ["clear", "pop", "popitem", "setdefault", "update"].contains(name) {
                return .undefined(.unsafe(of: "dict", name))
            }
            return ["copy", "get", "items", "keys", "values"].contains(name)
                ? .function(.method(of: object, name)) : nil
        case .list:
            if ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"].contains(name) {
                return .undefined(.unsafe(of: "list", name))
            }
            return ["copy", "count", "index"].contains(name) ? .function(.method(of: object, name)) : nil
        case .range(let range):
            switch name {
            case "start": return .integer(range.start)
            case "stop": return .integer(range.stop)
            case "step": return .integer(range.step)
            default: return ["count", "index"].contains(name) ? .function(.method(of: object, name)) : nil
            }
        case .tuple: return ["count", "index"].contains(name) ? .function(.method(of: object, name)) : nil
        default: return nil
        }
    }

    // MARK: Slices

    private func evaluateSlice(
        of object: Value, _ start: Expression?, _ stop: Expression?, _ step: Expression?
    ) throws(ChatError) -> Value {
        if case .undefined(let undefined) = object { throw failure(undefined) }
        let start = try start.map { (e) throws(ChatError) in try sliceBound(e) } ?? nil
        let stop = try stop.map { (e) throws(ChatError) in try sliceBound(e) } ?? nil
        let step = (try step.map { (e) throws(ChatError) in try sliceBound(e) } ?? nil) ?? 1
        guard step != 0 else { throw failure("slice step cannot be zero") }
        func positions(_ count: Int) -> ValueRange {
            func clamp(_ value: Int?, _ missing: Int) -> Int {
                guard let value else { return missing }
                let position = value < 0 ? max(value, -count - 1) + count : value
                return step > 0 ? min(max(position, 0), count) : min(max(position, -1), count - 1)
            }
            let bounded = max(min(step, count + 1), -count - 1)
            return step > 0
                ? ValueRange(start: clamp(start, 0), stop: clamp(stop, count), step: bounded)
                : ValueRange(start: clamp(start, count - 1), stop: clamp(stop, -1), step: bounded)
        }
        switch object {
        case .list(let list): return try self.list(positions(list.elements.count).values.map { list.elements[$0] })
        case .tuple(let list): return try tuple(positions(list.elements.count).values.map { list.elements[$0] })
        case .range(let range):
            let part = positions(range.count)
            return .range(
                ValueRange(
                    start: range.start + part.start * range.step, stop: range.start + part.stop * range.step,
                    step: range.step * part.step))
        case .string(let text), .markup(let text):
            try charge(text.utf8.count / 16)
            let scalars = Array(text.unicodeScalars)
            let slice = try string(String(scalars: positions(scalars.count).values.map { scalars[$0] }))
            if case .markup = object { return .markup(slice.text ?? "") }
            return slice
        default: throw failure("'\(object.typeName)' object cannot be sliced")
        }
    }

    /// nil for none, which stands for the end.
    private func sliceBound(_ expression: Expression) throws(ChatError) -> Int? {
        let value = try evaluate(expression)
        if value.isNone { return nil }
        guard let index = value.integer else {
            throw failure("slice indices must be integers or none, not \(value.typeName)")
        }
        return index
    }
}
