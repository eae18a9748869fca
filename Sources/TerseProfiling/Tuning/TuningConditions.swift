import TerseJSON
import TerseTensor

/// What a tuning was asked for, and what was measured for it.
public struct TuningConditions: Sendable, Equatable {
    public var goal = TuningGoal.balanced
    /// Sequences that generate at once.
    public var streams = 8
    /// Tokens of a prompt.
    public var promptTokens = 256
    /// Tokens that a sequence generates.
    public var generatedTokens = 8
    /// Tokens that a sequence has in the cache before it generates.
    public var depth = 0
    /// How keys and values might be held; the default comes first.
    public var kvTypes = [KVType.f16]
    public var threadsMax: Int?
    public var memoryBudgetBytes: Int?
    /// What the search was to take.
    public var budgetSeconds = 120.0
    /// Of the search.
    public var seed: UInt64 = 0

    public init() {}

    /// Bounds of what may be asked for.
    public static let streamsMax = 64
    public static let generatedTokensMax = 1024
    public static let depthMax = 1 << 16
    public static let budgetSeconds = 0.1...86_400.0

    /// What one rate is measured for, in seconds, where it takes no longer anyway: little enough for a hundred measurements.
    public var testSeconds: Double { min(max(budgetSeconds / 1000, 0.002), 0.1) }

    /// Always spelled alike.
    public var json: JSONValue {
        [
            "for": .string(goal.rawValue), "streams": JSONValue(streams), "prompt_tokens": JSONValue(promptTokens),
            "generated_tokens": JSONValue(generatedTokens), "depth": JSONValue(depth),
            "kv_types": .array(kvTypes.map { .string($0.rawValue) }),
            "threads_max": threadsMax.map { JSONValue($0) } ?? .null,
            "memory_bytes": memoryBudgetBytes.map { JSONValue($0) } ?? .null, "budget_seconds": .number(budgetSeconds),
        ]
    }

    /// Reads what `json` writes, but for the seed.
    /// - Throws: `ProfilingError` (`badTuning`) naming the member, what was expected and what was found.
    public init(_ json: JSONValue?) throws(ProfilingError) {
        guard let object = json?.objectValue else { throw .badMember("conditions", "an object", json) }
        guard let goal = object["for"]?.stringValue.flatMap(TuningGoal.init) else {
            throw .badMember("for", TuningGoal.allCases.map(\.rawValue).joined(separator: ", "), object["for"])
        }
        self.goal = goal
        streams = try object.number("streams", in: 1...Self.streamsMax) ?? streams
        promptTokens = try object.number("prompt_tokens", in: 1...TunedOptions.stepTokensMax) ?? promptTokens
        generatedTokens =
            try object.number("generated_tokens", in: 1...Self.generatedTokensMax) ?? generatedTokens
        depth = try object.number("depth", in: 0...Self.depthMax) ?? depth
        guard let seconds = object["budget_seconds"]?.doubleValue, Self.budgetSeconds.contains(seconds) else {
            throw .badMember("budget_seconds", "\(Self.budgetSeconds)", object["budget_seconds"])
        }
        budgetSeconds = seconds
        threadsMax = try object.optionalNumber("threads_max")
        memoryBudgetBytes = try object.optionalNumber("memory_bytes")
        kvTypes = (object["kv_types"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(KVType.init) }
        if kvTypes.isEmpty { kvTypes = [.f16] }
    }
}

extension JSONObject {
    /// A number from 1 on, where there is one and not null.
    fileprivate func optionalNumber(_ key: String) throws(ProfilingError) -> Int? {
        self[key]?.isNull == false ? try number(key, in: 1...Int.max) : nil
    }
}
