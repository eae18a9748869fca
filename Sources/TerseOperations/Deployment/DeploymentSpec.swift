import TerseConfiguration

/// What is to be deployed, what it must keep to, and how it reaches everybody.
public struct DeploymentSpec: Sendable, Equatable {
    /// The registered variant, as people type it: `novels:2/tq2_0`.
    public var candidate: String
    /// Why, for the history.
    public var why: String?
    /// What clients call the model; nil: as the registry does.
    public var servedAs: String?
    public var requirements: [Requirement] = []
    public var quality = QualitySource()
    public var load = LoadPattern()
    public var engine = EngineLimits()
    /// Whether the engine's options are searched on this host first.
    public var isTuned = false
    public var scaling = ScalingPolicy()
    public var rollout = RolloutPlan()
    private var places = Places()

    /// What only the registry, files and models can tell to be wrong.
    public enum Key: String, Sendable, CaseIterable {
        case candidate, load
        case text = "quality.text"
        case choice = "quality.choice"
        case parent = "quality.parent"
        case memory = "engine.memory"
    }

    /// Where the spec's file states these keys, as files and lines: nothing that makes one spec another.
    private struct Places: Sendable, Equatable {
        var lines: [Key: String] = [:]

        static func == (lhs: Places, rhs: Places) -> Bool { true }
    }

    /// Those that limits can be set to: `p50`, `p90`, `p95`, `p99`.
    public static let percentiles = [50, 90, 95, 99]

    /// A standard deployment, without requirements.
    public init(candidate: String) { self.candidate = candidate }

    /// The spec that a configuration states.
    /// - Throws: `ConfigurationError` with the line, for unknown keys, wrong values, and limits that contradict each other.
    public init(_ map: ConfigurationMap) throws(ConfigurationError) {
        candidate = try map.required("candidate", try map.string("candidate"))
        for key in Key.allCases { places.lines[key] = map.place(key.rawValue) }
        why = try map.string("why")
        servedAs = try map.string("served_as")
        if let quality = try map.map("quality") { self.quality = try QualitySource(quality) }
        if let load = try map.map("load") { self.load = try LoadPattern(load) }
        if let engine = try map.map("engine") { self.engine = try EngineLimits(engine) }
        isTuned = try map.bool("tune") ?? false
        if let scaling = try map.map("scaling") { self.scaling = try ScalingPolicy(scaling) }
        if let plan = try map.map("rollout") { rollout = try RolloutPlan(plan) }
        if let limits = try map.map("requirements") {
            requirements = try Self.requirements(limits)
            try check(limits)
        }
        try map.finish()
        try check(fits: map)
    }

    /// An error about what the spec states, with its file and line.
    public func error(_ key: Key, _ what: String) -> ConfigurationError {
        ConfigurationError((places.lines[key].map { "\($0): " } ?? "") + "\(key.rawValue): \(what)")
    }

    // MARK: Requirements

    private static func requirements(_ map: ConfigurationMap) throws(ConfigurationError) -> [Requirement] {
        var requirements: [Requirement] = []
        for quantity in RequirementQuantity.allCases where quantity != .instructionSets {
            guard !quantity.hasPercentiles else {
                if let percentiles = try map.map(quantity.rawValue) {
                    requirements += try Self.percentiles(quantity, percentiles)
                }
                continue
            }
            let range = 0...(quantity.isShare ? 1 : Double.greatestFiniteMagnitude)
            let limit =
                quantity.isBytes
                ? try map.byteCount(quantity.rawValue).map(Double.init) : try map.number(quantity.rawValue, in: range)
            if let limit {
                requirements.append(Requirement(quantity, limit: limit, place: map.place(quantity.rawValue)))
            }
        }
        requirements += try instructionSets(map)
        try map.finish()
        return requirements
    }

    /// One of those that are named.
    private static func instructionSets(_ map: ConfigurationMap) throws(ConfigurationError) -> [Requirement] {
        let key = RequirementQuantity.instructionSets.rawValue
        guard let names = try map.strings(key), !names.isEmpty else { return [] }
        let sets = names.compactMap { InstructionSetName(rawValue: $0) }
        guard sets.count == names.count else {
            let known = InstructionSetName.allCases.map(\.rawValue).joined(separator: ", ")
            throw map.error(key, "expected some of \(known), found \(names.joined(separator: ", "))")
        }
        return [Requirement(.instructionSets, limit: 1, instructionSets: sets, place: map.place(key))]
    }

    /// Limits of percentiles, which grow.
    private static func percentiles(
        _ quantity: RequirementQuantity, _ map: ConfigurationMap
    ) throws(ConfigurationError) -> [Requirement] {
        var requirements: [Requirement] = []
        for percentile in Self.percentiles {
            let key = "p\(percentile)"
            guard let limit = try map.number(key, in: 0...Double.greatestFiniteMagnitude) else { continue }
            if let before = requirements.last, before.limit > limit {
                throw map.error(
                    key, "contradicts p\(before.percentile ?? 0): expected at least \(before.limit), found \(limit)")
            }
            requirements.append(
                Requirement(quantity, percentile: percentile, limit: limit, place: map.place(key)))
        }
        try map.finish()
        return requirements
    }

    /// What limits say of each other, of what they are measured on, and of the engine.
    private func check(_ map: ConfigurationMap) throws(ConfigurationError) {
        for requirement in requirements where requirement.quantity.isQuality {
            let isChoice = requirement.quantity == .choiceAccuracy
            guard (isChoice ? quality.choice?.file : quality.text) != nil else {
                throw map.error(
                    requirement.quantity.rawValue,
                    "needs quality.\(isChoice ? "choice" : "text"), the file that it is measured on")
            }
        }
        let memory = limit(.memory)
        if let memory, let host = limit(.hostMemory), host < memory {
            throw map.error(
                "host_memory", "contradicts memory: expected at least \(Int(memory)) bytes, found \(Int(host))")
        }
        if let memory, let budget = engine.memory, Double(budget) > memory {
            throw map.error(
                "memory",
                "contradicts engine.memory, which may take \(budget) bytes: expected at least that, found "
                    + "\(Int(memory))")
        }
        if let one = limit(.perplexity), one < 1 { throw map.error("perplexity", "expected at least 1, found \(one)") }
    }

    private func limit(_ quantity: RequirementQuantity) -> Double? {
        requirements.first { $0.quantity == quantity }?.limit
    }

    private func check(fits map: ConfigurationMap) throws(ConfigurationError) {
        if let context = engine.context, load.promptTokens + load.outputTokens > context {
            throw map.error(
                "load",
                "contradicts engine.context: expected prompts and answers of at most \(context) tokens together, "
                    + "found \(load.promptTokens) and \(load.outputTokens)")
        }
        let places = (engine.running ?? .max).addingReportingOverflow(engine.waiting ?? .max)
        if !places.overflow, load.streams > places.partialValue {
            throw map.error(
                "load",
                "contradicts engine: expected at most \(places.partialValue) streams, which can run or wait, "
                    + "found \(load.streams)")
        }
    }
}
