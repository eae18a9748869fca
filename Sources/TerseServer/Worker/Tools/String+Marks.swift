extension String {
    /// Where `mark`, which is ASCII, stands first.
    func range(ofText mark: String) -> Range<String.Index>? {
        let wanted = Array(mark.utf8)
        var index = utf8.startIndex
        while let start = utf8[index...].firstIndex(of: wanted[0]) {
            if utf8[start...].starts(with: wanted) {
                return start..<utf8.index(start, offsetBy: wanted.count)
            }
            index = utf8.index(after: start)
        }
        return nil
    }

    /// How many characters of the end are the beginning of `mark`, which is ASCII and longer.
    func suffixThatBegins(_ mark: String) -> Int {
        for count in stride(from: min(mark.count - 1, utf8.count), to: 0, by: -1)
        where utf8.suffix(count).elementsEqual(mark.utf8.prefix(count)) {
            return count
        }
        return 0
    }
}
