import TerseEngine
import TerseJSON
import TerseTensor

extension TunedOptions {
    /// The most tokens of a step that are taken from a file.
    public static let stepTokensMax = 4096

    /// Reads what `json` writes.
    /// - Parameter reach: the processors that threads may run on.
    /// - Throws: `ProfilingError` (`badTuning`) naming the member, what was expected and what was found.
    public init(_ json: JSONValue, reach: ProcessorList?) throws(ProfilingError) {
        guard let object = json.objectValue else { throw .badMember("options", "an object", json) }
        for key in object.keys where !Name.all.contains(key) {
            throw .badMember("options", "only \(Name.all.sorted().joined(separator: ", "))", .string(key))
        }
        let processorCount = reach?.numbers.count ?? 1
        threads = try object.number(Name.threads, in: 1...processorCount)
        stepTokens = try object.number(Name.stepTokens, in: 1...Self.stepTokensMax)
        runningMax = try object.number(
            Name.runningMax, in: 1...min(stepTokens ?? .max, SchedulerLimits().stepTokens))
        if stepTokens ?? .max < SchedulerLimits().runningMax, runningMax == nil {
            throw .badMember(
                Name.stepTokens, "at least \(SchedulerLimits().runningMax) requests' tokens", object[Name.stepTokens])
        }
        processors = try object.value(Name.processors, "processors in reach") { text in
            ProcessorList(text).flatMap { list in
                let isInReach = Set(list.numbers).isSubset(of: reach?.numbers ?? [])
                return isInReach ? list : nil
            }
        }
        instructionSet = try object.value(Name.instructionSet, "an instruction set of this processor") { text in
            InstructionSet.allCases.first { $0.name == text && $0.isSupported }
        }
        kvType = try object.value(Name.kvType, "f16 or int8") { KVType(rawValue: $0) }
    }
}

extension JSONObject {
    /// A whole number within a range; nil where there is none.
    func number(_ key: String, in range: ClosedRange<Int>) throws(ProfilingError) -> Int? {
        guard let found = self[key] else { return nil }
        guard let value = found.intValue, range.contains(value) else {
            throw .badMember(key, "a whole number from \(range.lowerBound) to \(range.upperBound)", found)
        }
        return value
    }

    /// What a text stands for; nil where there is none.
    func value<Value>(
        _ key: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(ProfilingError) -> Value? {
        guard let found = self[key] else { return nil }
        guard let value = found.stringValue.flatMap(parse) else { throw .badMember(key, expected, found) }
        return value
    }
}
