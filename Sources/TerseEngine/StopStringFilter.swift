/// Holds back text that may turn out to be the beginning of a stop string.
struct StopStringFilter {
    /// A stop string was found: the text before it, and which it was.
    struct Match: Equatable {
        let text: String
        let stopString: String
    }

    private let stops: [(text: String, bytes: [UInt8])]
    private var held: [UInt8] = []

    init(_ stopStrings: [String]) {
        stops = stopStrings.filter { !$0.isEmpty }.map { ($0, Array($0.utf8)) }
    }

    /// Takes more text. The result is what may go out now, or the first stop string with the text before it.
    mutating func append(_ text: String) -> (text: String, match: Match?) {
        guard !stops.isEmpty else { return (text, nil) }
        held.append(contentsOf: text.utf8)
        if let match = firstMatch() {
            held.removeAll()
            return ("", match)
        }
        let kept = longestPossibleBeginning()
        defer { held.removeFirst(held.count - kept) }
        return (String(decoding: held.dropLast(kept), as: UTF8.self), nil)
    }

    /// What was held back when no more text comes.
    mutating func finish() -> String {
        defer { held.removeAll() }
        return String(decoding: held, as: UTF8.self)
    }

    /// The stop string that begins first; of several at one place, the longest.
    private func firstMatch() -> Match? {
        var best: (start: Int, index: Int)?
        for (index, stop) in stops.enumerated() {
            guard let start = held.firstRange(of: stop.bytes)?.lowerBound else { continue }
            guard let found = best else {
                best = (start, index)
                continue
            }
            let isLonger = stop.bytes.count > stops[found.index].bytes.count
            if start < found.start || start == found.start && isLonger { best = (start, index) }
        }
        guard let best else { return nil }
        return Match(
            text: String(decoding: held[..<best.start], as: UTF8.self), stopString: stops[best.index].text)
    }

    /// Bytes at the end that begin some stop string.
    ///
    /// Whole characters stay together: a stop string is UTF-8, so its beginning starts at a character.
    private func longestPossibleBeginning() -> Int {
        var longest = 0
        for stop in stops {
            var length = min(stop.bytes.count - 1, held.count)
            while length > longest {
                if held.suffix(length).elementsEqual(stop.bytes.prefix(length)) { longest = length }
                length -= 1
            }
        }
        return longest
    }
}
