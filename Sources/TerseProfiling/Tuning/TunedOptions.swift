import TerseJSON
import TerseTensor

/// How an engine is to run, as far as a host decides that; nil: as it does of itself.
public struct TunedOptions: Sendable, Hashable {
    public var threads: Int?
    /// Where the threads run.
    public var processors: ProcessorList?
    public var instructionSet: InstructionSet?
    /// Tokens of a step.
    public var stepTokens: Int?
    /// Requests computed together.
    public var runningMax: Int?
    public var kvType: KVType?

    public init() {}

    /// How many of them are other than by default.
    public var changeCount: Int { members.count }

    /// `threads 2, step 256`; `defaults` where nothing is changed.
    public var text: String {
        changeCount == 0 ? "defaults" : members.map { "\($0.name) \($0.text)" }.joined(separator: ", ")
    }

    /// What is changed.
    public var json: JSONValue { .object(JSONObject(members.map { ($0.name, $0.json) })) }

    private var members: [(name: String, text: String, json: JSONValue)] {
        func number(_ name: String, _ value: Int?) -> (name: String, text: String, json: JSONValue)? {
            value.map { (name, "\($0)", JSONValue($0)) }
        }
        func word(_ name: String, _ value: String?) -> (name: String, text: String, json: JSONValue)? {
            value.map { (name, $0, .string($0)) }
        }
        return [
            number(Name.threads, threads), word(Name.processors, processors?.description),
            word(Name.instructionSet, instructionSet?.name), number(Name.stepTokens, stepTokens),
            number(Name.runningMax, runningMax), word(Name.kvType, kvType?.rawValue),
        ].compactMap { $0 }
    }

    /// Names in files and tables.
    enum Name {
        static let threads = "threads"
        static let processors = "processors"
        static let instructionSet = "isa"
        static let stepTokens = "step"
        static let runningMax = "running"
        static let kvType = "kv"
        static let all: Set = [threads, processors, instructionSet, stepTokens, runningMax, kvType]
    }
}
