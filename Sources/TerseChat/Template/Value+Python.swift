import TerseJSON

extension Value {
    /// Python's name of the type, for messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .number: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .view(let view): "dict_" + view.kind.rawValue
        case .range: "range"
        case .iterator(let iterator): iterator.typeName
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .function(.macro): "Macro"
        case .function(.joiner): "Joiner"
        case .function(.cycler): "Cycler"
        case .function: "function"
        }
    }

    /// How deeply values nest: 0 for what holds none. Namespaces count as 0, since they are cleared when rendering ends.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .view(let view): view.dictionary.depth
        case .iterator(let iterator): iterator.depth
        case .loop(let loop): loop.valueDepth
        case .function(.method(let receiver, _)): receiver.depth + 1
        case .function(.joiner(let joiner)): joiner.separator.depth + 1
        case .function(.cycler(let cycler)): (cycler.items.lazy.map(\.depth).max() ?? 0) + 1
        default: 0
        }
    }

    /// Python's `bool(value)`.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let text), .markup(let text): !text.utf8.isEmpty
        case .list(let list), .tuple(let list): !list.elements.isEmpty
        case .dictionary(let dictionary): dictionary.count > 0
        case .view(let view): view.dictionary.count > 0
        case .range(let range): range.count > 0
        case .iterator, .namespace, .loop, .function: true
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isNone: Bool { if case .none = self { true } else { false } }

    /// The text of a string, plain or markup.
    var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// Integers and booleans, which Python counts among them.
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var double: Double? { if case .number(let value) = self { value } else { integer.map(Double.init) } }

    /// Elements that are at hand, without running anything.
    var count: Int? {
        switch self {
        case .undefined: 0
        case .string(let text), .markup(let text): text.unicodeScalars.count
        case .list(let list), .tuple(let list): list.elements.count
        case .dictionary(let dictionary): dictionary.count
        case .view(let view): view.dictionary.count
        case .range(let range): range.count
        default: nil
        }
    }

    /// What it costs to read the value once, for `Interpreter.charge`.
    var cost: Int {
        switch self {
        case .string(let text), .markup(let text): text.utf8.count / 16
        case .list(let list), .tuple(let list): list.elements.count
        case .dictionary(let dictionary): dictionary.count
        case .view(let view): view.dictionary.count
        default: 0
        }
    }
}

extension String {
    init(scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }

    /// Equality of code points, where `==` is equality up to canonical equivalence.
    func isSameText(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    /// Order of code points.
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension Unicode.Scalar {
    /// Python's `str.isspace`.
    var isPythonSpace: Bool {
        switch value {
        case 9...13, 28...32, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    var isASCIIDigit: Bool { value >= 48 && value <= 57 }

    /// Letters, digits and the underscore.
    var isWordCharacter: Bool { self == "_" || properties.isAlphabetic || properties.numericType != nil }

    /// Python's `str.splitlines` boundaries.
    var isLineBoundary: Bool {
        switch value {
        case 10...13, 28...30, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}
