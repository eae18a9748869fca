import TerseModel

/// A request as the scheduler knows it: tokens, blocks and claims.
struct ScheduledRequest {
    let id: RequestID
    let tenant: UInt32
    let priority: Int
    let arrival: Duration
    let deadline: Duration?
    /// The prompt and what was generated.
    var tokens: [Int32]
    /// The most that `tokens` may come to.
    let tokensMax: Int
    let promptCount: Int

    /// The order in which it was first let in; nil while it never was.
    var admission: UInt64?
    /// Tokens whose keys and values are in `blocks`.
    var computedCount = 0
    var blocks: [UInt32] = []
    /// How many of `blocks` others may have, from the first on, and what they hold together.
    var publishedCount = 0
    var content: BlockLedger.Content
    /// Tokens of the step under way.
    var scheduledCount = 0
    /// Tokens that came from the cache when it was let in last.
    var reusedCount = 0

    /// Tokens that must be computed before the next can be chosen.
    var missingCount: Int { tokens.count - computedCount }

    /// Whether it generates: all but the token chosen last is in.
    var isDecoding: Bool { missingCount == 1 && tokens.count > promptCount }
}
