import TerseModel

/// A request as the scheduler knows it: tokens, blocks and claims.
struct ScheduledRequest {
    let id: RequestID
    let tenant: UInt32
    let priority: Int
    let arrival: Duration
    let deadline: Duration?
    let usesCache: Bool
    /// The prompt and what was generated.
    var tokens: [Int32]
    let promptCount: Int

    /// The order in which it was first let in; nil while it never was.
    var admission: UInt64?
    /// Tokens whose keys and values are in `blocks`.
    var computedCount = 0
    var blocks: [UInt32] = []
    /// How many of `blocks` others may have, from the first on, and what they hold together.
    var publishedCount = 0
    var content: BlockLedger.Content
    /// The admission of a request that was found to begin alike, and with how many tokens, so that they are compared once.
    var leader: (admission: UInt64, count: Int)?
    /// Tokens of the step under way.
    var scheduledCount = 0
    /// Guesses at the tokens after the last, for the next step.
    var draft: [Int32] = []

    init(_ submission: Submission, arrival: Duration) {
        id = submission.id
        tenant = submission.tenant
        priority = submission.priority
        self.arrival = arrival
        deadline = submission.deadline
        usesCache = submission.usesCache
        tokens = submission.prompt + submission.generated
        promptCount = submission.prompt.count
        content = .start(of: submission.tenant)
    }

    /// Tokens that must be computed before the next can be chosen.
    var missingCount: Int { tokens.count - computedCount }

    /// Whether it generates: all but the token chosen last is in.
    var isDecoding: Bool { missingCount == 1 && tokens.count > promptCount }
}
