/// A request to be scheduled.
public struct Submission: Sendable {
    public let id: RequestID
    /// Whose it is, for fair shares; also who may share cached tokens with it.
    public var tenant = Submission.nobody
    /// Greater is more urgent.
    public var priority = 0
    public let prompt: [Int32]
    /// What was generated of it before, elsewhere.
    public var generated: [Int32] = []
    /// The most tokens generated, those of before included.
    public let maxTokens: Int
    /// Whether what the cache has of the prompt need not be computed.
    public var usesCache = true
    /// By when it must have ended, on the clock of `now`.
    public var deadline: Duration?

    public init(id: RequestID, prompt: [Int32], maxTokens: Int) {
        self.id = id
        self.prompt = prompt
        self.maxTokens = maxTokens
    }

    /// The owner of requests that nobody in particular has: there is no other, so that all of the queue is theirs.
    public static let nobody: UInt32 = 0

    /// The most tokens whose keys and values it will have: the last that is chosen needs none.
    var positionsMax: Int {
        let (count, overflow) = prompt.count.addingReportingOverflow(max(maxTokens, 1) - 1)
        return overflow ? .max : count
    }
}
