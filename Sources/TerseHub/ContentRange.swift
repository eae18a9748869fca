/// The value of a `Content-Range` header: `bytes 0-99/1000`, `bytes 0-99/*` or `bytes */1000` (RFC 9110, 14.4).
struct ContentRange: Equatable {
    /// First and last byte; nil where the answer brings none.
    var bytes: ClosedRange<Int64>?
    /// Of the whole file; nil where the server does not know.
    var total: Int64?

    /// - Returns: nil for anything that the grammar does not have, and for bytes beyond the total.
    init?(_ header: String) {
        let words = header.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] != "*" {
            guard let total = Int64(digits: parts[1]) else { return nil }
            self.total = total
        }
        guard parts[0] != "*" else {
            if total == nil { return nil }
            return
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(digits: ends[0]), let last = Int64(digits: ends[1]), first <= last
        else { return nil }
        if let total, last >= total { return nil }
        bytes = first...last
    }
}

extension Int64 {
    /// A number of digits alone: no sign, no space.
    init?(digits: some StringProtocol) {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int64(digits) else {
            return nil
        }
        self = value
    }
}
