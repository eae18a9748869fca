import Testing

@testable import TerseServer

/// What counts as cached of a request's prompts: what earlier requests left, not what its choices left each other.
@Suite struct PromptReuseTests {
    private func cached(_ choices: [(isFirst: Bool, tokens: [Int32], reused: Int)]) -> Int {
        PromptReuse.cachedTokens(
            choices.map { choice in
                var reuse = PromptReuse(isFirst: choice.isFirst, tokens: choice.tokens)
                reuse.reusedTokens = choice.reused
                return reuse
            })
    }

    @Test func choicesOfOnePromptCountOnce() {
        let prompt = Array(0..<100 as Range<Int32>)
        #expect(cached([(true, prompt, 0), (false, prompt, 96), (false, prompt, 96)]) == 0)
        #expect(cached([(true, prompt, 32), (false, prompt, 96), (false, prompt, 96)]) == 32)
        #expect(cached([]) == 0)
    }

    @Test func promptsThatBeginAlikeLeaveEachOtherNothing() {
        let (first, second) = (Array(0..<100 as Range<Int32>), Array(0..<60) + Array(200..<260 as Range<Int32>))
        #expect(cached([(true, first, 0), (true, second, 32)]) == 0)
        #expect(cached([(true, first, 32), (true, second, 32)]) == 64)
        // Beyond what they share it must be somebody else's, and so must be what comes before.
        #expect(cached([(true, first, 0), (true, second, 96)]) == 96)
        #expect(cached([(true, first, 0), (true, first, 96)]) == 0)
    }
}
