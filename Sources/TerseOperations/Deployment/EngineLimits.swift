import TerseConfiguration

/// What the engine of a deployment may take and hold; nil: as it does by itself.
public struct EngineLimits: Sendable, Equatable {
    /// How keys and values are held.
    public enum KeyValueType: String, Sendable, CaseIterable {
        case f16, int8
    }

    public var threads: Int?
    /// Bytes of weights, keys and values, and scratch together.
    public var memory: Int?
    /// Tokens of the longest text, prompt included.
    public var context: Int?
    public var keyValueType: KeyValueType?
    /// Requests computed together.
    public var running: Int?
    /// Texts that wait; more are refused.
    public var waiting: Int?

    public init() {}

    /// More than any host has, or any model can use.
    private static let countMax = 1 << 24

    /// Reads `threads`, `memory`, `context`, `kv`, `running` and `waiting`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        let counts = 1...Self.countMax
        threads = try map.integer("threads", in: counts)
        memory = try map.byteCount("memory")
        context = try map.integer("context", in: counts)
        keyValueType = try map.choice("kv")
        running = try map.integer("running", in: counts)
        waiting = try map.integer("waiting", in: counts)
        try map.finish()
    }

    /// As options of commands that have an engine.
    public var arguments: [String] {
        let pairs: [(String, String?)] = [
            ("--threads", threads.map(String.init)), ("--memory", memory.map(String.init)),
            ("--context", context.map(String.init)), ("--kv", keyValueType?.rawValue),
            ("--running", running.map(String.init)), ("--waiting", waiting.map(String.init)),
        ]
        return pairs.flatMap { name, value in value.map { [name, $0] } ?? [] }
    }
}
