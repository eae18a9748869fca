import TerseJSON

extension Interpreter {
    /// Python's `str(value)`.
    func text(of value: Value) throws(ChatError) -> String {
        switch value {
        case .undefined: return ""
        case .string(let text), .markup(let text): return text
        default: return try representation(of: value)
        }
    }

    /// Python's `repr(value)`.
    func representation(of value: Value) throws(ChatError) -> String {
        var result = ""
        try write(representation: value, into: &result)
        return result
    }

    private func write(representation value: Value, into result: inout String) throws(ChatError) {
        try enter()
        defer { leave() }
        switch value {
        case .undefined: result += "Undefined"
        case .none: result += "None"
        case .bool(let value): result += value ? "True" : "False"
        case .integer(let value): result += String(value)
        case .number(let value): result += value.shortestDecimal
        case .string(let text): result += text.pythonRepresentation
        case .markup(let text): result += "Markup(\(text.pythonRepresentation))"
        case .list(let list): try write(list.elements, "[", "]", into: &result)
        case .tuple(let list):
            try write(list.elements, "(", list.elements.count == 1 ? ",)" : ")", into: &result)
        case .dictionary(let dictionary): try write(dictionary, into: &result)
        case .view(let view):
            result += "dict_\(view.kind.rawValue)("
            try write((0..<view.dictionary.count).map(view.element), "[", "]", into: &result)
            result += ")"
        case .range(let range):
            result += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
        case .namespace(let namespace):
            result += "<Namespace "
            try write(namespace.attributes, into: &result)
            result += ">"
        case .function(.macro(let macro)):
            result += "<Macro \(macro.definition.name?.pythonRepresentation ?? "anonymous")>"
        case .iterator, .loop, .function: result += "<\(value.typeName) object>"
        }
        guard result.utf8.count <= limits.maximumOutputBytes else { return try checkSize(result.utf8.count) }
        try charge(value.cost)
    }

    private func write(
        _ elements: [Value], _ open: String, _ close: String, into result: inout String
    ) throws(ChatError) {
        result += open
        for (index, element) in elements.enumerated() {
            if index > 0 { result += ", " }
            try write(representation: element, into: &result)
        }
        result += close
    }

    private func write(_ dictionary: ValueDictionary, into result: inout String) throws(ChatError) {
        result += "{"
        for (index, entry) in dictionary.entries.enumerated() {
            if index > 0 { result += ", " }
            try write(representation: entry.key, into: &result)
            result += ": "
            try write(representation: entry.value, into: &result)
        }
        result += "}"
    }

    // MARK: JSON

    /// For `tojson`; fails for what JSON cannot say, as Python does.
    func json(of value: Value) throws(ChatError) -> JSONValue {
        try enter()
        defer { leave() }
        try charge(value.cost)
        switch value {
        case .none: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(Int64(value))
        case .number(let value): return .number(value)
        case .string(let text), .markup(let text): return .string(text)
        case .list(let list), .tuple(let list):
            var elements: [JSONValue] = []
            elements.reserveCapacity(list.elements.count)
            for element in list.elements { elements.append(try json(of: element)) }
            return .array(elements)
        case .dictionary(let dictionary):
            var object = JSONObject()
            for entry in dictionary.entries { object[try jsonKey(entry.key)] = try json(of: entry.value) }
            return .object(object)
        default: throw failure("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private func jsonKey(_ key: Value) throws(ChatError) -> String {
        switch key {
        case .string(let text), .markup(let text): return text
        case .none: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer, .number: return try text(of: key)
        default: throw failure("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    // MARK: Iteration

    func makeIterator(_ value: Value) throws(ChatError) -> ValueIterator {
        switch value {
        case .iterator(let iterator): return iterator
        case .list(let list), .tuple(let list): return Self.iterator(list.elements, depth: list.depth)
        case .undefined: return Self.iterator([], depth: 0)
        case .string(let text):
            try charge(text.utf8.count / 16)
            return Self.iterator(text.unicodeScalars.map { .string(String($0)) }, depth: 0)
        case .markup(let text):
            try charge(text.utf8.count / 16)
            return Self.iterator(text.unicodeScalars.map { .markup(String($0)) }, depth: 0)
        case .dictionary(let dictionary):
            return Self.iterator(count: dictionary.count, depth: dictionary.depth) { dictionary.entries[$0].key }
        case .view(let view): return Self.iterator(count: view.dictionary.count, depth: value.depth, view.element)
        case .range(let range): return Self.iterator(count: range.count, depth: 0) { .integer(range[$0]) }
        default: throw failure("'\(value.typeName)' object is not iterable")
        }
    }

    static func iterator(_ elements: [Value], depth: Int) -> ValueIterator {
        iterator(count: elements.count, depth: depth) { elements[$0] }
    }

    private static func iterator(count: Int, depth: Int, _ element: @escaping (Int) -> Value) -> ValueIterator {
        var position = 0
        return ValueIterator(depth: depth) { () throws(ChatError) in
            guard position < count else { return nil }
            defer { position += 1 }
            return element(position)
        }
    }

    /// All elements, or the first `limit`.
    func elements(of value: Value, limit: Int = .max) throws(ChatError) -> [Value] {
        if case .list(let list) = value, limit == .max { return list.elements }
        let iterator = try makeIterator(value)
        var elements: [Value] = []
        while elements.count < limit, let element = try iterator.next() {
            try charge(1)
            elements.append(element)
        }
        return elements
    }
}

extension String {
    /// Python's `repr` of a string.
    var pythonRepresentation: String {
        let quote: Unicode.Scalar = utf8.contains(0x27) && !utf8.contains(0x22) ? "\"" : "'"
        var result = String(quote)
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case quote: result += "\\" + String(quote)
            default:
                if scalar == " " || scalar.isPythonPrintable {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += scalar.pythonEscape
                }
            }
        }
        return result + String(quote)
    }
}

extension Unicode.Scalar {
    /// Python's `str.isprintable`, which calls the space alone of all separators printable.
    var isPythonPrintable: Bool {
        if self == " " { return true }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    fileprivate var pythonEscape: String {
        let (letter, width) = value < 0x100 ? ("x", 2) : (value < 0x10000 ? ("u", 4) : ("U", 8))
        let digits = String(value, radix: 16)
        return "\\" + letter + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
