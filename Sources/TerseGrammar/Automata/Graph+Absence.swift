extension Graph {
    /// Any bytes in which `mark` does not stand: in state n the last n bytes are the first of the mark, as many as can be
    /// (Knuth, Morris and Pratt, 1977).
    init(without mark: [UInt8]) {
        self.init()
        let states = mark.map { _ in addState() }
        guard let first = states.first else {
            // Nothing stands in every text.
            return
        }
        jump(start, first)
        for (count, state) in states.enumerated() {
            jump(state, end)
            for byte in UInt8.min...UInt8.max {
                let next = Self.longestBeginning(of: mark, after: mark.prefix(count) + [byte])
                if next < mark.count { edge(state, UInt32(byte)...UInt32(byte), states[next]) }
            }
        }
    }

    /// How many bytes at the end of `text` begin `mark`.
    private static func longestBeginning(of mark: [UInt8], after text: ArraySlice<UInt8>) -> Int {
        (0...text.count).reversed().first { text.suffix($0).elementsEqual(mark.prefix($0)) } ?? 0
    }
}

extension Grammar.Expression {
    /// Any bytes, no text among them in which `mark` stands; none at all where the mark is empty.
    public static func anything(without mark: String) -> Self { .graph(Graph(without: Array(mark.utf8))) }
}
