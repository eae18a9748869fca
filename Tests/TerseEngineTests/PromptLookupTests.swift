import Testing

@testable import TerseEngine

@Suite struct PromptLookupTests {
    @Test func whatFollowedBeforeIsGuessed() {
        let lookup = PromptLookup(countMax: 4)
        #expect(lookup.guess(after: [1, 2, 3, 4, 5, 6, 7, 1, 2, 3]) == [4, 5, 6, 7])
        // The latest place, and the longest pattern before it.
        #expect(lookup.guess(after: [9, 2, 3, 8, 8, 1, 2, 3, 7, 7, 7, 9, 2, 3]) == [8, 8, 1, 2])
        #expect(lookup.guess(after: [2, 3, 5, 2, 3, 6, 2, 3]) == [6, 2, 3])
        #expect(lookup.guess(after: [1, 2, 3, 4]).isEmpty)
        #expect(lookup.guess(after: [1]).isEmpty)
        #expect(lookup.guess(after: [5, 5, 5, 5, 5]) == [5])
    }

    @Test func guessesGrowAndShrinkWithLuck() {
        var lookup = PromptLookup(countMax: 8)
        #expect(lookup.count == 8)
        lookup.learn(guessed: 8, right: 3)
        #expect(lookup.count == 3)
        lookup.learn(guessed: 3, right: 0)
        #expect(lookup.count == 1)
        for count in [2, 4, 8, 8] {
            lookup.learn(guessed: lookup.count, right: lookup.count)
            #expect(lookup.count == count)
        }
        lookup.learn(guessed: 0, right: 0)
        #expect(lookup.count == 8)
    }
}
