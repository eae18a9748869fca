import TerseJSON

/// Renders one template once. Not shared between threads.
final class Interpreter {
    let limits: TemplateLimits
    /// Seconds since 1970, for `strftime_now`.
    let now: Int
    var output: [UInt8] = []
    var scope = Scope(parent: nil)
    /// Of what is being evaluated.
    var line = 1
    private var work = 0
    private var depth = 0
    /// What can be part of a reference cycle: emptied at the end, so that no memory is lost and nothing is freed in one
    /// deep recursion.
    private var namespaces: [Namespace] = []
    private var capturedScopes: [Scope] = []

    init(limits: TemplateLimits, now: Int) {
        self.limits = limits
        self.now = now
    }

    func render(_ statements: [Statement], _ variables: [(String, Value)]) throws(ChatError) -> String {
        defer { breakCycles() }
        let globals = scope
        for name in Self.builtins { globals.variables[name] = .function(.builtin(name)) }
        for (name, value) in variables { globals.variables[name] = value }
        scope = Scope(parent: globals)
        _ = try execute(statements)
        return String(decoding: output, as: UTF8.self)
    }

    private func breakCycles() {
        for namespace in namespaces { namespace.attributes.removeAll() }
        for scope in capturedScopes { scope.variables = [:] }
        scope = Scope(parent: nil)
    }

    // MARK: Limits

    func charge(_ units: Int) throws(ChatError) {
        guard units <= limits.maximumWork - work else {
            throw failure("rendering takes more than \(limits.maximumWork) steps", .limitExceeded)
        }
        work += units
    }

    /// One level down, in expressions and blocks alike.
    func enter() throws(ChatError) {
        depth += 1
        guard depth <= limits.maximumDepth else {
            throw failure(
                "more than \(limits.maximumDepth) expressions, blocks and calls inside one another", .limitExceeded)
        }
        try charge(1)
    }

    func leave() { depth -= 1 }

    func checkSize(_ bytes: Int) throws(ChatError) {
        guard bytes <= limits.maximumOutputBytes else {
            throw failure("text of more than \(limits.maximumOutputBytes) bytes", .limitExceeded)
        }
        try charge(bytes / 16)
    }

    // MARK: Errors

    func failure(_ reason: String, _ code: ChatError.Code = .rendering) -> ChatError {
        ChatError(code, reason, line: line)
    }

    func failure(_ undefined: Undefined) -> ChatError { failure(undefined.reason) }

    // MARK: Making values

    func string(_ text: String) throws(ChatError) -> Value {
        try checkSize(text.utf8.count)
        return .string(text)
    }

    func list(_ elements: [Value]) throws(ChatError) -> Value { .list(try valueList(elements)) }

    func tuple(_ elements: [Value]) throws(ChatError) -> Value { .tuple(try valueList(elements)) }

    func valueList(_ elements: [Value]) throws(ChatError) -> ValueList {
        try charge(elements.count)
        let depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        try checkDepth(depth)
        return ValueList(elements: elements, depth: depth)
    }

    func checkDepth(_ depth: Int) throws(ChatError) {
        guard depth <= limits.maximumValueDepth else {
            throw failure("more than \(limits.maximumValueDepth) values inside one another", .limitExceeded)
        }
    }

    func set(_ key: Value, _ value: Value, in dictionary: inout ValueDictionary) throws(ChatError) {
        try requireHashable(key)
        dictionary.set(key, value)
        try checkDepth(dictionary.depth)
    }

    /// Fails for what cannot be a key, and pays for hashing what can.
    func requireHashable(_ key: Value) throws(ChatError) {
        try charge(1 + key.cost)
        switch key {
        case .list, .dictionary, .view: throw failure("unhashable type: '\(key.typeName)'")
        case .tuple(let list): for element in list.elements { try requireHashable(element) }
        default: break
        }
    }

    func makeNamespace() throws(ChatError) -> Namespace {
        try charge(1)
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    func makeMacro(_ definition: MacroDefinition) throws(ChatError) -> Macro {
        try charge(1)
        capturedScopes.append(scope)
        return Macro(definition: definition, scope: scope)
    }

    /// A generator whose elements are computed when they are asked for.
    func iterator(
        over source: ValueIterator, _ advance: @escaping (ValueIterator) throws(ChatError) -> Value?
    ) throws(ChatError) -> Value {
        try checkDepth(source.depth + 1)
        return .iterator(ValueIterator(depth: source.depth + 1) { () throws(ChatError) in try advance(source) })
    }

    /// A value of the caller's data.
    func value(of json: JSONValue) throws(ChatError) -> Value {
        switch json {
        case .null: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(Int(value))
        case .number(let value): return .number(value)
        case .string(let text): return .string(text)
        case .array(let elements):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try value(of: element)) }
            return try list(values)
        case .object(let object):
            var dictionary = ValueDictionary()
            for member in object { try set(.string(member.key), try value(of: member.value), in: &dictionary) }
            return .dictionary(dictionary)
        }
    }
}
