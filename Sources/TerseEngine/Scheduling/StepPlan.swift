/// Names a request of a scheduler.
public typealias RequestID = UInt64

/// What an engine does in one step.
public struct StepPlan: Sendable, Equatable {
    /// Consecutive tokens of one request.
    public struct Work: Sendable, Equatable {
        public let id: RequestID
        /// Positions to compute; those before are in the blocks.
        public fileprivate(set) var positions: Range<Int>
        /// Whether the last token that is known is among them, so that the next is chosen after the step.
        public let choosesNext: Bool
        /// How many of the positions, at the end, hold guesses: as far as these prove right, as many more tokens are chosen.
        public fileprivate(set) var draftCount = 0
    }

    /// At most `SchedulerLimits.stepTokens` tokens in all, the generating requests first.
    public private(set) var work: [Work] = []
    /// Of all work.
    public private(set) var tokenCount = 0
    /// Requests that were let in, with the tokens that the cache had of each.
    public internal(set) var admitted: [Admission] = []
    /// Requests that lost their blocks to others and wait again; nothing that they generated is lost.
    public private(set) var preempted: [RequestID] = []
    /// Requests whose deadline passed; they are gone.
    public internal(set) var expired: [RequestID] = []

    /// How a request begins or begins again.
    public struct Admission: Sendable, Equatable {
        public let id: RequestID
        public let reusedTokens: Int
        /// False for one that was preempted.
        public let isFirst: Bool
        public let waited: Duration
    }

    mutating func add(_ work: Work) {
        self.work.append(work)
        tokenCount += work.positions.count
    }

    /// More positions for a request whose next token is chosen in this step.
    mutating func addGuesses(_ count: Int, to id: RequestID) {
        guard count > 0, let index = work.firstIndex(where: { $0.id == id }) else { return }
        work[index].positions = work[index].positions.lowerBound..<work[index].positions.upperBound + count
        work[index].draftCount += count
        tokenCount += count
    }

    /// Takes back what was planned for a request.
    mutating func preempt(_ id: RequestID) {
        work.removeAll { $0.id == id }
        admitted.removeAll { $0.id == id }
        tokenCount = work.reduce(0) { $0 + $1.positions.count }
        preempted.append(id)
    }
}
