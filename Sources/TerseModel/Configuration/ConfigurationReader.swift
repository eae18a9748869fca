import TerseFormats

/// Reads an architecture's numbers from metadata, each within its range.
struct ConfigurationReader {
    private let metadata: Metadata
    private let prefix: String

    init(_ metadata: Metadata, prefix: String) {
        self.metadata = metadata
        self.prefix = prefix
    }

    /// The file that errors name.
    var source: String { metadata.source }

    func key(_ name: String) -> String { prefix + "." + name }

    func get<Value>(_ body: (Metadata) throws(FormatError) -> Value) throws(ModelError) -> Value {
        do { return try body(metadata) } catch { throw ModelError(.badConfiguration, error.message) }
    }

    func invalid(_ name: String, _ expected: String, _ found: String) -> ModelError {
        ModelError(.badConfiguration, "\(source): metadata key \(key(name)): expected \(expected), found \(found)")
    }

    /// A whole number in 1…`max`.
    func size(_ name: String, max: Int, default value: Int? = nil) throws(ModelError) -> Int {
        if let found = try size(name, max: max, required: value == nil) { return found }
        return value!
    }

    /// A whole number in 1…`max`, or nil when it is absent and need not be there.
    func size(_ name: String, max: Int, required: Bool) throws(ModelError) -> Int? {
        let key = key(name)
        let found = try get { (metadata) throws(FormatError) in
            required ? try metadata.requiredInteger(key) : try metadata.integer(key)
        }
        guard let found else { return nil }
        guard (1...max).contains(found) else { throw invalid(name, "1…\(max)", "\(found)") }
        return found
    }

    /// A finite number in `range`.
    func number(
        _ name: String, in range: ClosedRange<Double>, default value: Float? = nil
    ) throws(ModelError) -> Float {
        let key = key(name)
        let found = try get { (metadata) throws(FormatError) in
            value == nil ? try metadata.requiredNumber(key) : try metadata.number(key)
        }
        guard let found else { return value! }
        guard found.isFinite, range.contains(found) else {
            throw invalid(name, "\(range.lowerBound)…\(range.upperBound)", "\(found)")
        }
        return Float(found)
    }
}
