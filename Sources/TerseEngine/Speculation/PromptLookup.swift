/// Guesses at the tokens that come next: those that followed when the last few stood in the text before. Texts that quote
/// their prompt (summaries, edits of code, answers from documents) repeat themselves a lot.
///
/// Prompt lookup decoding, after Saxena (2023). How many tokens are guessed follows from how many were right of late.
struct PromptLookup {
    /// The most tokens guessed at.
    let countMax: Int
    /// Tokens guessed at next time.
    private(set) var count: Int
    /// The last guess, and where in the text it belongs.
    private var last = (start: 0, tokens: [Int32]())

    /// How far back it looks, in tokens.
    static let reach = 1 << 14

    init(countMax: Int) {
        self.countMax = countMax
        count = countMax
    }

    /// What followed the latest earlier place of the end of `tokens`; empty when there is none.
    mutating func guess(after tokens: [Int32]) -> [Int32] {
        let found = tokens.withUnsafeBufferPointer { buffer in
            Self.place(in: buffer).map { Array(buffer[$0...].prefix(count)) } ?? []
        }
        last = (tokens.count, found)
        return found
    }

    /// Compares the last guess with what came since. Whether the model was asked to check it does not matter: so a text
    /// shows for nothing whether guesses at it are worth their price.
    ///
    /// - Returns: of how many of its tokens it is known by now, and how many of these were right up to the first wrong one.
    mutating func review(_ tokens: [Int32]) -> (guessed: Int, right: Int) {
        let came = tokens.dropFirst(last.start)
        let guessed = min(came.count, last.tokens.count)
        let right = zip(came, last.tokens).prefix { $0 == $1 }.count
        last = (0, [])
        learn(guessed: guessed, right: right)
        return (guessed, right)
    }

    /// Where what followed the latest earlier place of the last three tokens begins, or, where there is none, of the last
    /// two. Every step asks, so it goes back once.
    private static func place(in tokens: UnsafeBufferPointer<Int32>) -> Int? {
        let end = tokens.count
        guard end > 2 else { return nil }
        let (final, before) = (tokens[end - 1], tokens[end - 2])
        var ofTwo: Int?
        for next in stride(from: end - 1, through: max(end - 1 - reach, 2), by: -1)
        where tokens[next - 1] == final && tokens[next - 2] == before {
            if next > 2, tokens[next - 3] == tokens[end - 3] { return next }
            ofTwo = ofTwo ?? next
        }
        return ofTwo
    }

    /// Of `guessed` tokens so many were right: twice as many next time if all were, otherwise as many.
    private mutating func learn(guessed: Int, right: Int) {
        guard guessed > 0 else { return }
        count = right == guessed ? min(max(2 * guessed, count), countMax) : max(right, 1)
    }
}
