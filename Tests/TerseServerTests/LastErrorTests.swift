import Testing

@testable import TerseServer

@Suite struct LastErrorTests {
    private func last(_ pieces: String...) -> String? {
        var error = LastError()
        for piece in pieces { error.take(piece.utf8) }
        return error.last
    }

    @Test func theLastErrorCounts() {
        #expect(last() == nil)
        #expect(last("note: slow\nload  50 %\n") == nil)
        #expect(last("error: one\nerror: two\nUsage: terse\n") == "two")
        #expect(last("er", "ror: in pie", "ces\nnote: ", "later\n") == "in pieces")
        #expect(last("error: before\nerror: cut") == "cut", "what has no end yet")
        #expect(last("an error: elsewhere\n") == nil)
    }

    /// A terminal ends lines otherwise, and an error takes the place of a bar.
    @Test func terminalsAreUnderstood() {
        #expect(last("\r\u{1B}[Kload  50 %\r\u{1B}[Kerror: one\r\n") == "one")
    }

    @Test func littleIsKept() {
        let long = String(repeating: "x", count: 3 * LastError.lineBytesMax)
        #expect(last(long, long, "\nerror: one\n") == "one")
        #expect(last("error: " + long + "\n")?.utf8.count == LastError.lineBytesMax - "error: ".utf8.count)
    }
}
