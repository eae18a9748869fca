import Testing

@testable import TerseServer

/// What counts as cached of a request's prompts: what earlier requests left, not what its choices left each other.
@Suite struct PromptReuseTests {
    private func cached(_ choices: [(number: Int, tokens: [Int32], reused: Int)]) -> Int {
        PromptReuse.cachedTokens(
            choices.map { choice in
                var reuse = PromptReuse(number: choice.number, tokens: choice.tokens)
                reuse.reusedTokens = choice.reused
                return reuse
            })
    }

    @Test func choicesOfOnePromptCountOnce() {
        let prompt = Array(0..<100 as Range<Int32>)
        #expect(cached([(0, prompt, 0), (0, prompt, 96), (0, prompt, 96)]) == 0)
        #expect(cached([(0, prompt, 32), (0, prompt, 96), (0, prompt, 96)]) == 32)
        #expect(cached([]) == 0)
    }

    @Test func promptsThatBeginAlikeLeaveEachOtherNothing() {
        let (first, second) = (Array(0..<100 as Range<Int32>), Array(0..<60) + Array(200..<260 as Range<Int32>))
        #expect(cached([(0, first, 0), (1, second, 32)]) == 0)
        #expect(cached([(0, first, 32), (1, second, 32)]) == 64)
        // Beyond what they share it must be somebody else's, and so must be what comes before.
        #expect(cached([(0, first, 0), (1, second, 96)]) == 96)
        #expect(cached([(0, first, 0), (1, first, 96)]) == 0)
    }
}
