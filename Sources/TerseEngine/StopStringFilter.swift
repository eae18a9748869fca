/// Holds back text that may turn out to be the beginning of a stop string.
///
/// Each byte is looked at once for each stop string (Knuth, Morris and Pratt, 1977), however much is held back.
struct StopStringFilter {
    /// A stop string was found: the text before it, and which it was.
    struct Match: Equatable {
        let text: String
        let stopString: String
    }

    private var searches: [Search]
    private var held: [UInt8] = []

    init(_ stopStrings: [String]) { searches = stopStrings.filter { !$0.isEmpty }.map { Search($0) } }

    /// Takes more text. The result is what may go out now, or the first stop string with the text before it.
    mutating func append(_ text: String) -> (text: String, match: Match?) {
        guard !searches.isEmpty else { return (text, nil) }
        let start = held.count
        held.append(contentsOf: text.utf8)
        if let match = firstMatch(from: start) {
            held.removeAll()
            for number in searches.indices { searches[number].matched = 0 }
            return ("", match)
        }
        // Whole characters stay together: a stop string is UTF-8, so its beginning starts at a character.
        let kept = searches.reduce(0) { max($0, $1.matched) }
        defer { held.removeFirst(held.count - kept) }
        return (String(decoding: held.dropLast(kept), as: UTF8.self), nil)
    }

    /// What was held back when no more text comes.
    mutating func finish() -> String {
        defer { held.removeAll() }
        return String(decoding: held, as: UTF8.self)
    }

    /// The stop string that begins first; of several at one place, the longest.
    private mutating func firstMatch(from index: Int) -> Match? {
        var best: (start: Int, bytes: Int, text: String)?
        for number in searches.indices {
            guard let end = searches[number].advance(held[index...]) else { continue }
            let (text, bytes) = (searches[number].text, searches[number].bytes.count)
            let start = end - bytes
            if let best, (best.start, -best.bytes) <= (start, -bytes) { continue }
            best = (start, bytes, text)
        }
        return best.map { Match(text: String(decoding: held[..<$0.start], as: UTF8.self), stopString: $0.text) }
    }

    /// The search for one stop string in text that grows.
    private struct Search {
        let text: String
        let bytes: [UInt8]
        /// For the first n + 1 bytes, how many of their last are the first of them again.
        private let borders: [Int]
        /// How many bytes at the end of the text are the beginning of the stop string.
        var matched = 0

        init(_ text: String) {
            self.text = text
            bytes = Array(text.utf8)
            var borders = [0]
            for byte in bytes.dropFirst() {
                borders.append(Self.extend(borders[borders.count - 1], by: byte, bytes, borders))
            }
            self.borders = borders
        }

        /// - Returns: the index behind the first occurrence, if there is one.
        mutating func advance(_ more: ArraySlice<UInt8>) -> Int? {
            for index in more.indices {
                matched = Self.extend(matched, by: more[index], bytes, borders)
                guard matched < bytes.count else {
                    matched = 0
                    return index + 1
                }
            }
            return nil
        }

        /// How many bytes are alike behind one more.
        private static func extend(_ matched: Int, by byte: UInt8, _ bytes: [UInt8], _ borders: [Int]) -> Int {
            var matched = matched
            while matched > 0, bytes[matched] != byte { matched = borders[matched - 1] }
            return bytes[matched] == byte ? matched + 1 : 0
        }
    }
}
