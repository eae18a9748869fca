import Testing

@testable import TerseEngine

@Suite struct PromptLookupTests {
    @Test func whatFollowedBeforeIsGuessed() {
        var lookup = PromptLookup(countMax: 4)
        #expect(lookup.guess(after: [1, 2, 3, 4, 5, 6, 7, 1, 2, 3]) == [4, 5, 6, 7])
        // The latest place, and the longest pattern before it.
        #expect(lookup.guess(after: [9, 2, 3, 8, 8, 1, 2, 3, 7, 7, 7, 9, 2, 3]) == [8, 8, 1, 2])
        #expect(lookup.guess(after: [2, 3, 5, 2, 3, 6, 2, 3]) == [6, 2, 3])
        #expect(lookup.guess(after: [7, 2, 3, 5, 9, 2, 3]) == [5, 9, 2, 3])
        #expect(lookup.guess(after: [2, 3, 5, 2, 3]) == [5, 2, 3])
        #expect(lookup.guess(after: [4, 2, 3]).isEmpty && lookup.guess(after: [3, 3]).isEmpty)
        #expect(lookup.guess(after: [3, 3, 3]) == [3])
        #expect(lookup.guess(after: [1, 2, 3, 4]).isEmpty)
        #expect(lookup.guess(after: [1]).isEmpty)
        #expect(lookup.guess(after: [5, 5, 5, 5, 5]) == [5])
    }

    /// Whether or not anybody checked a guess, what came since tells.
    @Test func whatCameSinceTells() {
        var lookup = PromptLookup(countMax: 4)
        let text: [Int32] = [1, 2, 3, 4, 5, 6, 7, 1, 2, 3]
        #expect(lookup.review(text) == (0, 0))
        #expect(lookup.guess(after: text) == [4, 5, 6, 7])
        #expect(lookup.review(text + [4, 5, 9]) == (3, 2))
        #expect(lookup.count == 2)
        #expect(lookup.review(text + [4, 5, 9]) == (0, 0))  // once
        #expect(lookup.guess(after: text) == [4, 5])
        #expect(lookup.review(text + [4]) == (1, 1))
        #expect(lookup.guess(after: text) == [4, 5])
        #expect(lookup.review(text + [4, 5, 6, 7]) == (2, 2))
        #expect(lookup.guess(after: text) == [4, 5, 6, 7])
        #expect(lookup.review(text) == (0, 0))
        #expect(lookup.guess(after: [1]).isEmpty && lookup.review([1, 2]) == (0, 0))
    }

    @Test func guessesGrowAndShrinkWithLuck() {
        var lookup = PromptLookup(countMax: 8)
        let text: [Int32] = [1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 1, 2]
        /// So many of the tokens that are guessed at come true.
        func count(right: Int) -> Int {
            let guess = lookup.guess(after: text)
            _ = lookup.review(text + guess.prefix(right) + [0])
            return lookup.count
        }
        #expect(lookup.count == 8)
        #expect(count(right: 3) == 3)
        #expect(count(right: 0) == 1)
        #expect([1, 2, 4, 8].map { count(right: $0) } == [2, 4, 8, 8])
    }
}
