import Yams

/// The keys and values at one level of a configuration file.
///
/// Each value is asked for by its key and checked; `finish` then refuses the keys that nobody asked for, so that a
/// misspelled key is an error and not a default.
public final class ConfigurationMap {
    /// The file and the key that this level belongs to, for errors: `recipe.yaml:3: model`.
    private let source: String
    private let path: String
    private let entries: [(key: String, mark: Mark?, value: Node)]
    private var asked: [String] = []

    init(_ mapping: Node.Mapping, source: String, path: String) {
        self.source = source
        self.path = path
        entries = mapping.map { key, value in (key.string ?? ConfigurationFile.kind(key), key.mark, value) }
    }

    private func node(_ key: String) -> Node? {
        asked.append(key)
        guard let value = entries.first(where: { $0.key == key })?.value else { return nil }
        if case .scalar(let scalar) = value, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return value
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// An error about `key`, with its line.
    public func error(_ key: String, _ what: String) -> ConfigurationError {
        ConfigurationError("\(place(key)): \(name(key)): \(what)")
    }

    /// Where `key` stands: the file and the line. A key of levels below, as `model.layers`, is looked for as far as its
    /// levels are stated: a model without layers stands where `model` does.
    public func place(_ key: String) -> String { ConfigurationFile.place(source, mark(key)) }

    private func mark(_ key: String) -> Mark? {
        if let entry = entries.first(where: { $0.key == key }) { return entry.mark }
        guard let (first, rest) = Self.divided(key) else { return nil }
        return level(first)?.mark(rest) ?? mark(first)
    }

    /// The first of the levels that a dotted key goes through, and the key below it; nil without a dot.
    private static func divided(_ key: String) -> (first: String, rest: String)? {
        guard let dot = key.firstIndex(of: ".") else { return nil }
        return (String(key[..<dot]), String(key[key.index(after: dot)...]))
    }

    /// What stands below `key`, which is not asked for thereby; nil where it has no keys.
    private func level(_ key: String) -> ConfigurationMap? {
        guard case .mapping(let mapping)? = entries.first(where: { $0.key == key })?.value else { return nil }
        return ConfigurationMap(mapping, source: source, path: name(key))
    }

    private func mismatch(_ key: String, _ expected: String, _ found: Node) -> ConfigurationError {
        error(key, "expected \(expected), found \(ConfigurationFile.kind(found))")
    }

    /// Whether the key is there with a value; one of levels below is dotted, as `model.layers`.
    public func has(_ key: String) -> Bool {
        guard let (first, rest) = Self.divided(key), let level = level(first) else { return node(key) != nil }
        return level.has(rest)
    }

    /// `value`, or an error that says that the key is missing or misspelled.
    public func required<Value>(_ key: String, _ value: Value?) throws(ConfigurationError) -> Value {
        if let value { return value }
        let similar = entries.first { !asked.contains($0.key) && Self.distance($0.key, key) <= Self.typoDistance }
        if let similar { throw error(similar.key, "unknown key; did you mean \(key)?") }
        throw ConfigurationError("\(source): \(name(key)) is missing")
    }

    // MARK: Values; nil where the key is absent

    /// A whole number; `1_000` and `0x10` are understood. YAML 1.1's base 60 (`1:30`) and octal (`010`) are not.
    public func integer(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain, !scalar.string.contains(":"),
            scalar.string.prefixMatch(of: /[-+]?0[0-9_]/) == nil, let value = Int.construct(from: scalar),
            range.contains(value)
        else { throw mismatch(key, "a whole number from \(range.lowerBound) to \(range.upperBound)", node) }
        return value
    }

    /// A finite number.
    public func number(_ key: String, in range: ClosedRange<Double>) throws(ConfigurationError) -> Double? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain, !scalar.string.contains(":"),
            let value = Double.construct(from: scalar), value.isFinite, range.contains(value)
        else { throw mismatch(key, "a number from \(range.lowerBound) to \(range.upperBound)", node) }
        return value
    }

    /// An amount of memory: bytes, or a number with a unit.
    public func byteCount(_ key: String) throws(ConfigurationError) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, let bytes = ByteCount.parse(scalar.string) else {
            throw mismatch(key, "bytes, or a number with KiB, MiB, GiB, KB, MB, GB", node)
        }
        return bytes
    }

    /// `true` or `false`.
    public func bool(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Bool.construct(from: scalar) else {
            throw mismatch(key, "true or false", node)
        }
        return value
    }

    /// Text that is not empty.
    public func string(_ key: String) throws(ConfigurationError) -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else { throw mismatch(key, "text", node) }
        return scalar.string
    }

    /// One of the texts that `Choice` is made from.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ type: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, let value = Choice(rawValue: scalar.string) else {
            throw mismatch(key, Choice.allCases.map(\.rawValue).joined(separator: ", "), node)
        }
        return value
    }

    /// Texts: one, or a list of them.
    public func strings(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let list) = node else { return try string(key).map { [$0] } }
        var strings: [String] = []
        for element in list {
            guard case .scalar(let scalar) = element, !scalar.string.isEmpty else {
                throw mismatch(key, "a list of texts", element)
            }
            strings.append(scalar.string)
        }
        return strings
    }

    /// The level below `key`.
    public func map(_ key: String) throws(ConfigurationError) -> ConfigurationMap? {
        guard let node = node(key) else { return nil }
        guard case .mapping(let mapping) = node else { throw mismatch(key, "keys with values", node) }
        return ConfigurationMap(mapping, source: source, path: name(key))
    }

    /// The levels of a list below `key`.
    public func maps(_ key: String) throws(ConfigurationError) -> [ConfigurationMap]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let list) = node else { throw mismatch(key, "a list", node) }
        var maps: [ConfigurationMap] = []
        for (index, element) in list.enumerated() {
            guard case .mapping(let mapping) = element else { throw mismatch(key, "keys with values", element) }
            maps.append(ConfigurationMap(mapping, source: source, path: "\(name(key))[\(index)]"))
        }
        return maps
    }

    /// Call when every key was asked for.
    /// - Throws: `ConfigurationError` for the first key that was not, with its line and the keys there are.
    public func finish() throws(ConfigurationError) {
        guard let unknown = entries.first(where: { !asked.contains($0.key) }) else { return }
        let known = Set(asked).sorted()
        let near = known.min { Self.distance($0, unknown.key) < Self.distance($1, unknown.key) }
        let hint = near.flatMap { Self.distance($0, unknown.key) <= Self.typoDistance ? "; did you mean \($0)?" : nil }
        throw error(unknown.key, "unknown key\(hint ?? "; known are \(known.joined(separator: ", "))")")
    }

    /// Keys that differ by so many letters are taken for the same one, misspelled.
    private static let typoDistance = 2

    /// Levenshtein's distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8.prefix(64)), Array(b.utf8.prefix(64)))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
