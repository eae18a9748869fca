/// Guesses at the tokens that come next: those that followed when the last few stood in the text before. Texts that quote
/// their prompt (summaries, edits of code, answers from documents) repeat themselves a lot.
///
/// Prompt lookup decoding, after Saxena (2023). How many tokens are guessed follows from how many were right of late.
struct PromptLookup {
    /// The most tokens guessed at.
    let countMax: Int
    /// Tokens guessed at next time.
    private(set) var count: Int

    /// How many tokens must be alike, at most and at least.
    private static let patternSizes = [3, 2]
    /// How far back it looks, in tokens.
    static let reach = 1 << 14

    init(countMax: Int) {
        self.countMax = countMax
        count = countMax
    }

    /// What followed the latest earlier place of the end of `tokens`; empty when there is none.
    func guess(after tokens: [Int32]) -> ArraySlice<Int32> {
        for size in Self.patternSizes where tokens.count > size {
            let pattern = tokens.suffix(size)
            var start = tokens.count - size - 1
            let last = max(start - Self.reach, 0)
            while start >= last {
                if tokens[start] == pattern.first, tokens[start..<start + size] == pattern {
                    return tokens[(start + size)...].prefix(count)
                }
                start -= 1
            }
        }
        return []
    }

    /// Of `guessed` tokens so many were right: twice as many next time if all were, otherwise as many.
    mutating func learn(guessed: Int, right: Int) {
        guard guessed > 0 else { return }
        count = right == guessed ? min(max(2 * guessed, count), countMax) : max(right, 1)
    }
}
