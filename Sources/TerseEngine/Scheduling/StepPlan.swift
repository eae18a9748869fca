/// Names a request of a scheduler.
public typealias RequestID = UInt64

/// What an engine does in one step.
public struct StepPlan: Sendable, Equatable {
    /// Consecutive tokens of one request.
    public struct Work: Sendable, Equatable {
        public let id: RequestID
        /// Positions to compute; those before are in the blocks.
        public let positions: Range<Int>
        /// Whether these are the last tokens that are known, so that the next is chosen after the step.
        public let choosesNext: Bool
    }

    /// At most `SchedulerLimits.stepTokens` tokens in all, the generating requests first.
    public internal(set) var work: [Work] = []
    /// Requests that were let in, with the tokens that the cache had of each.
    public internal(set) var admitted: [Admission] = []
    /// Requests that lost their blocks to others and wait again; nothing that they generated is lost.
    public internal(set) var preempted: [RequestID] = []
    /// Requests whose deadline passed; they are gone.
    public internal(set) var expired: [RequestID] = []

    /// How a request begins or begins again.
    public struct Admission: Sendable, Equatable {
        public let id: RequestID
        public let reusedTokens: Int
        public let waited: Duration
    }

    public var tokenCount: Int { work.reduce(0) { $0 + $1.positions.count } }
}
