import TestSupport
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

    /// Strings that overlap each other and themselves, in text that comes in pieces: the same as trying every place.
    @Test func findsWhatTryingEveryPlaceFinds() {
        var random = SplitMix64(seed: 2)
        func text(_ count: Int) -> String { String((0..<count).map { _ in "abé".randomElement(using: &random)! }) }
        for _ in 0..<3000 {
            let stops = (0...random.next(below: 3)).map { _ in text(1 + random.next(below: 7)) }
            let pieces = (0..<8).map { _ in text(random.next(below: 5)) }
            let (sent, match) = run(stops, pieces)
            var (held, expected, found) = ("", "", String?.none)
            for piece in pieces where found == nil {
                held += piece
                let places = held.indices.lazy.compactMap { place in
                    stops.filter { held[place...].hasPrefix($0) }.max { $0.count < $1.count }.map { (place, $0) }
                }
                if let (place, stop) = places.first {
                    (expected, found) = (expected + held[..<place], stop)
                    continue
                }
                let kept = held.indices.first { place in stops.contains { $0.hasPrefix(held[place...]) } }
                expected += held[..<(kept ?? held.endIndex)]
                held = String(held[(kept ?? held.endIndex)...])
            }
            #expect(sent.joined() == (found == nil ? expected + held : expected), "\(stops) in \(pieces)")
            #expect(match == found, "\(stops) in \(pieces)")
        }
    }

    @Test func withoutStopStringsAllPasses() {
        #expect(run([], ["a", "b"]).sent == ["a", "b", ""])
    }
}
