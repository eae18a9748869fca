/// What the cache had of the prompt of one choice.
struct PromptReuse: Sendable {
    /// Whether it is the first choice of its prompt.
    let isFirst: Bool
    let tokens: [Int32]
    var reusedTokens = 0

    init(isFirst: Bool, tokens: [Int32]) {
        self.isFirst = isFirst
        self.tokens = tokens
    }

    /// How many tokens of a request's prompts, each counted once, earlier requests had left in the cache.
    ///
    /// - Parameter choices: in the order in which they were let in. What one reused that another before it begins with as
    ///   well may be that one's work: it counts as far as it counted there.
    static func cachedTokens(_ choices: [PromptReuse]) -> Int {
        var firsts: [(tokens: [Int32], cached: Int)] = []
        for choice in choices where choice.isFirst {
            let reused = choice.tokens.prefix(choice.reusedTokens)
            let shared = firsts.filter { $0.tokens.starts(with: reused) }.map(\.cached).max()
            firsts.append((choice.tokens, shared.map { min($0, reused.count) } ?? reused.count))
        }
        return firsts.reduce(0) { $0 + $1.cached }
    }
}
