/// What an expression of a template gives: Python's values, as far as templates meet them.
///
/// Lists and dictionaries never change, as in the sandbox that chat templates are written for; only namespaces do.
enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    /// Text marked as safe HTML; adding plain text to it escapes that.
    case markup(String)
    case list(ValueList)
    case tuple(ValueList)
    case dictionary(ValueDictionary)
    /// `dictionary.keys()`, `.values()`, `.items()`
    case view(DictionaryView)
    case range(ValueRange)
    /// A generator: elements come once.
    case iterator(ValueIterator)
    case namespace(Namespace)
    case loop(LoopContext)
    case function(Function)
}

/// A name, attribute or element that is not there: printed as nothing, false, empty; anything else done with it fails.
enum Undefined {
    case name(String)
    case attribute(of: String, String)
    case element(of: String, String)
    case because(String)
    /// A method that would change a value.
    case unsafe(of: String, String)

    var reason: String {
        switch self {
        case .name(let name): "'\(name)' is undefined"
        case .attribute(let type, let name): "'\(type)' has no attribute '\(name)'"
        case .element(let type, let key): "\(type) has no element \(key)"
        case .because(let reason): reason
        case .unsafe(let type, let name): "access to attribute '\(name)' of '\(type)' object is unsafe"
        }
    }
}

/// Elements of a list or tuple, and how deeply values nest in it.
struct ValueList {
    let elements: [Value]
    let depth: Int
    /// A pair that `groupby` gives, whose elements are also attributes `grouper` and `list`.
    var isGroup = false
}

/// Whole numbers in even steps, not written out.
struct ValueRange: Equatable {
    let start: Int
    let stop: Int
    let step: Int

    /// Steps are not zero and counts bounded where ranges are made.
    var count: Int {
        if step > 0 { return start < stop ? (stop - start - 1) / step + 1 : 0 }
        return start > stop ? (start - stop - 1) / -step + 1 : 0
    }

    subscript(index: Int) -> Int { start + index * step }

    var values: StrideTo<Int> { stride(from: start, to: stop, by: step) }
}

struct DictionaryView {
    enum Kind: String { case keys, values, items }

    let kind: Kind
    let dictionary: ValueDictionary

    func element(_ index: Int) -> Value {
        let entry = dictionary.entries[index]
        return switch kind {
        case .keys: entry.key
        case .values: entry.value
        case .items: .tuple(ValueList(elements: [entry.key, entry.value], depth: dictionary.depth))
        }
    }
}

/// The one thing that a template can change: attributes of a namespace.
final class Namespace {
    var attributes = ValueDictionary()
}

/// Something that can be called.
enum Function {
    case builtin(String)
    case macro(Macro)
    /// A method of a string, list, tuple, dictionary or loop.
    indirect case method(of: Value, String)
    case joiner(Joiner)
    case cycler(Cycler)
}

final class Macro {
    let definition: MacroDefinition
    let scope: Scope

    init(definition: MacroDefinition, scope: Scope) {
        self.definition = definition
        self.scope = scope
    }
}

/// Gives nothing when first called and its separator after.
final class Joiner {
    let separator: Value
    var isUsed = false

    init(separator: Value) { self.separator = separator }
}

/// Gives its items in turn.
final class Cycler {
    let items: [Value]
    var position = 0

    init(items: [Value]) { self.items = items }
}

/// Variables of a block and, through `parent`, of those round it.
final class Scope {
    var variables: [String: Value] = [:]
    let parent: Scope?

    init(parent: Scope?) { self.parent = parent }

    func lookup(_ name: String) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let value = current.variables[name] { return value }
            scope = current.parent
        }
        return nil
    }
}

/// A source of elements that gives each once.
final class ValueIterator {
    private let advance: () throws(ChatError) -> Value?
    /// Of the values behind it.
    let depth: Int
    /// What Python calls such an object, for messages.
    let typeName: String

    init(depth: Int, typeName: String = "generator", _ advance: @escaping () throws(ChatError) -> Value?) {
        self.advance = advance
        self.depth = depth
        self.typeName = typeName
    }

    func next() throws(ChatError) -> Value? { try advance() }
}
