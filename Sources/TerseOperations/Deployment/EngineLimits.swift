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

    /// Of a team; `--threads` allows as many.
    static let threadsMax = 1024
    /// Of any model.
    static let contextMax = 1 << 28
    /// The tokens of a step; `--running` allows as many.
    static let runningMax = 128
    /// More than any server lets wait.
    static let waitingMax = 1 << 24

    /// Reads `threads`, `memory`, `context`, `kv`, `running` and `waiting`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        threads = try map.integer("threads", in: 1...Self.threadsMax)
        memory = try map.byteCount("memory")
        context = try map.integer("context", in: 1...Self.contextMax)
        keyValueType = try map.choice("kv")
        running = try map.integer("running", in: 1...Self.runningMax)
        waiting = try map.integer("waiting", in: 1...Self.waitingMax)
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
