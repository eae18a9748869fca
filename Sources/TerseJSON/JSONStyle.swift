/// How a value is written out.
public struct JSONStyle: Sendable, Equatable {
    public var itemSeparator: String
    public var keySeparator: String
    /// What one level is indented by; nil puts everything on one line.
    public var indent: String?
    /// Writes everything outside ASCII as `\u` escapes.
    public var escapesNonASCII: Bool
    /// Orders members by their keys' code points instead of as they were inserted.
    public var sortsKeys: Bool
    /// Writes `NaN`, `Infinity` and `-Infinity`, which are no JSON but what Python writes, instead of `null`.
    public var writesNonFinite: Bool

    public init(
        itemSeparator: String = ",", keySeparator: String = ":", indent: String? = nil, escapesNonASCII: Bool = false,
        sortsKeys: Bool = false, writesNonFinite: Bool = false
    ) {
        self.itemSeparator = itemSeparator
        self.keySeparator = keySeparator
        self.indent = indent
        self.escapesNonASCII = escapesNonASCII
        self.sortsKeys = sortsKeys
        self.writesNonFinite = writesNonFinite
    }

    /// No white space.
    public static let compact = JSONStyle()
    /// Two spaces a level.
    public static let pretty = JSONStyle(keySeparator: ": ", indent: "  ")

    /// As Python's `json.dumps(value, indent=indent, ensure_ascii=False)`, which chat templates rely on.
    public static func python(indent: Int? = nil) -> JSONStyle {
        JSONStyle(
            itemSeparator: indent == nil ? ", " : ",", keySeparator: ": ",
            indent: indent.map { String(repeating: " ", count: max($0, 0)) }, writesNonFinite: true)
    }
}
