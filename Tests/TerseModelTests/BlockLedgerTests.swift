import TerseModel
import Testing

@Suite struct BlockLedgerTests {
    private let tokens = (0..<100).map { Int32($0) }

    /// A sequence of `count` tokens computed and given back, its last block perhaps a part.
    private func serve(_ tokens: ArraySlice<Int32>, realm: UInt32 = 0, _ ledger: inout BlockLedger) -> Int {
        let size = ledger.blockTokens
        var prefix = ledger.holdPrefix(of: tokens, from: .start(of: realm), limit: tokens.count - 1)
        let reused = prefix.tokenCount
        while prefix.blocks.count * size < tokens.count { prefix.blocks.append(ledger.take()!) }
        let full = tokens.count / size
        for block in reused / size..<max(full, reused / size) {
            let part = tokens.dropFirst(block * size).prefix(size)
            prefix.content = ledger.publish(prefix.blocks[block], tokens: part, after: prefix.content)
        }
        if full < prefix.blocks.count {
            ledger.release(prefix.blocks[full], holding: tokens.dropFirst(full * size), after: prefix.content)
        }
        for block in prefix.blocks.prefix(full).reversed() { ledger.release(block) }
        return reused
    }

    @Test func whatWasServedIsFoundAgainToTheToken() {
        var ledger = BlockLedger(blockCount: 20, blockTokens: 8)
        #expect(serve(tokens[..<30], &ledger) == 0)
        #expect(ledger.inconsistency(held: [:]) == nil && ledger.keptCount == 4)
        // The next turn goes on in the block that was filled in part.
        #expect(serve(tokens[..<50], &ledger) == 30)
        #expect(serve(tokens[..<50], &ledger) == 49)
        // One that leaves the path within a part has what comes before.
        #expect(serve(tokens[..<49] + [999, 999], &ledger) == 49)
        #expect(serve(tokens[..<20] + [999, 999], &ledger) == 16)
        #expect(ledger.inconsistency(held: [:]) == nil)
    }

    @Test func realmsShareNothing() {
        var ledger = BlockLedger(blockCount: 20, blockTokens: 8)
        #expect(serve(tokens[..<30], realm: 1, &ledger) == 0)
        #expect(serve(tokens[..<30], realm: 2, &ledger) == 0)
        #expect(serve(tokens[..<30], realm: 1, &ledger) == 29)
    }

    @Test func theLongestUnusedGoesFirst() {
        var ledger = BlockLedger(blockCount: 6, blockTokens: 8)
        let (first, second, third) =
            ([1] + tokens[..<11], [2] + tokens[..<11], [3] + tokens[..<19])
            as (ArraySlice<Int32>, ArraySlice<Int32>, ArraySlice<Int32>)
        #expect(serve(first, &ledger) == 0)
        #expect(serve(second, &ledger) == 0)
        #expect(serve(first, &ledger) == 11)
        // Two blocks are free; the third is that in which the second ends.
        #expect(serve(third, &ledger) == 0)
        #expect(serve(first, &ledger) == 11)
        #expect(serve(second, &ledger) == 8)
        #expect(ledger.inconsistency(held: [:]) == nil)
    }

    @Test func whatIsKeptCanBeForgotten() {
        var ledger = BlockLedger(blockCount: 6, blockTokens: 8)
        #expect(serve(tokens[..<30], &ledger) == 0)
        ledger.dropKept()
        #expect(ledger.keptCount == 0 && ledger.availableCount == 6)
        #expect(serve(tokens[..<30], &ledger) == 0)
    }
}
