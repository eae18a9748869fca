import Testing

@testable import TerseEngine

@Suite struct StopStringFilterTests {
    /// What goes out of the filter piece by piece, and the match.
    private func run(_ stops: [String], _ pieces: [String]) -> (sent: [String], match: String?) {
        var filter = StopStringFilter(stops)
        var sent: [String] = []
        for piece in pieces {
            let (text, match) = filter.append(piece)
            if let match {
                sent.append(match.text)
                return (sent, match.stopString)
            }
            sent.append(text)
        }
        sent.append(filter.finish())
        return (sent, nil)
    }

    @Test func nothingOfAStopStringGoesOut() {
        let (sent, match) = run(["</end>"], ["one ", "<", "/e", "nd", ">", "two"])
        #expect(sent == ["one ", "", "", "", ""])
        #expect(match == "</end>")
    }

    @Test func falseBeginningsGoOut() {
        let (sent, match) = run(["</end>"], ["a <", "/e", "mpty>", " <"])
        #expect(sent == ["a ", "", "</empty>", " ", "<"])
        #expect(match == nil)
    }

    @Test func theFirstStopStringWinsAndTheLongerAtOnePlace() {
        #expect(run(["b", "ab"], ["xaby"]).match == "ab")
        #expect(run(["ab", "abc"], ["xabc"]).match == "abc")
        #expect(run(["cd", "bc"], ["abcd"]).sent == ["a"])
    }

    @Test func charactersStayWhole() {
        // Both begin with the same byte.
        let (sent, match) = run(["é!"], ["ê", "é", "?"])
        #expect(sent == ["ê", "", "é?", ""])
        #expect(match == nil)
    }

    @Test func withoutStopStringsAllPasses() {
        #expect(run([], ["a", "b"]).sent == ["a", "b", ""])
    }
}
