/// Turns tokens into text as they arrive. What it has given out so far, joined, is always a prefix of what
/// `Tokenizer.decode` makes of all tokens, and no call returns half a character.
public struct StreamingDetokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecial: Bool
    /// Bytes not given out yet: the beginning of a character, at most three.
    private var pending: [UInt8] = []
    private var hasText = false
    /// Bytes of the text that was given out.
    private var givenBytes = 0
    /// How many bytes of the text come before that of the token appended last.
    public private(set) var lastStart = 0
    /// Bytes of the text up to here, those not given out yet included.
    public var byteCount: Int { givenBytes + pending.count }

    /// - Parameter skipSpecial: Control tokens leave nothing behind.
    public init(_ tokenizer: Tokenizer, skipSpecial: Bool = true) {
        self.tokenizer = tokenizer
        self.skipSpecial = skipSpecial
    }

    /// Goes on behind tokens whose text is not given out, as if each had been appended; only the last of them are looked at,
    /// as many as a character may take.
    public init(_ tokenizer: Tokenizer, skipSpecial: Bool = true, after tokens: some BidirectionalCollection<Int32>) {
        self.init(tokenizer, skipSpecial: skipSpecial)
        for id in tokens.reversed() where pending.count < Self.incompleteBytesMax {
            guard let piece = piece(id), !piece.isEmpty else { continue }
            hasText = true
            pending.insert(contentsOf: piece, at: 0)
        }
        pending.removeFirst(pending.count - Self.incompleteTail(pending))
    }

    /// The text that is complete with token `id`. An id outside the vocabulary adds nothing.
    public mutating func append(_ id: Int32) -> String {
        lastStart = byteCount
        guard var piece = piece(id) else { return "" }
        if !hasText, !piece.isEmpty {
            hasText = true
            if tokenizer.definition.decoding.stripsLeadingSpace, piece.first == 0x20 { piece.removeFirst() }
        }
        // A character that this token breaks off becomes U+FFFD, whatever it had of bytes.
        if let next = piece.first, !pending.isEmpty, !Self.goesOn(pending + [next]) {
            lastStart = givenBytes + String(decoding: pending, as: UTF8.self).utf8.count
        }
        pending.append(contentsOf: piece)
        let text = takeComplete()
        givenBytes += text.utf8.count
        return text
    }

    /// The rest: U+FFFD for a character that never got complete, else nothing. Begins anew.
    public mutating func finish() -> String {
        defer {
            pending.removeAll()
            (hasText, givenBytes) = (false, 0)
        }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Nil for a token that leaves nothing behind.
    private func piece(_ id: Int32) -> ArraySlice<UInt8>? {
        let definition = tokenizer.definition
        guard definition.tokens.contains(id), !(skipSpecial && definition.kinds[Int(id)].isSpecial) else { return nil }
        return tokenizer.pieces[Int(id)]
    }

    private mutating func takeComplete() -> String {
        let tail = Self.incompleteTail(pending)
        guard tail > 0 else {
            defer { pending.removeAll(keepingCapacity: true) }
            return String(decoding: pending, as: UTF8.self)
        }
        let complete = String(decoding: pending.dropLast(tail), as: UTF8.self)
        pending.removeFirst(pending.count - tail)
        return complete
    }

    /// Whether some bytes are one character, or the beginning of one.
    private static func goesOn(_ bytes: [UInt8]) -> Bool {
        incompleteTail(bytes) == bytes.count || String(validating: bytes, as: UTF8.self) != nil
    }

    /// The most bytes that wait for the rest of their character.
    private static let incompleteBytesMax = 3

    /// How many bytes at the end of `bytes` are the beginning of a well-formed character that further bytes could
    /// complete (Unicode 16, table 3-7).
    static func incompleteTail(_ bytes: [UInt8]) -> Int {
        for tail in 1...incompleteBytesMax where tail <= bytes.count {
            let lead = bytes[bytes.count - tail]
            if lead & 0xC0 == 0x80 { continue }
            let length = lead >= 0xF5 || lead < 0xC2 ? 1 : UTF8Text.length(first: lead)
            guard length > tail else { return 0 }
            guard tail > 1 else { return 1 }
            let second = bytes[bytes.count - tail + 1]
            let isPossible =
                switch lead {
                case 0xE0: second >= 0xA0
                case 0xED: second < 0xA0
                case 0xF0: second >= 0x90
                case 0xF4: second < 0x90
                default: true
                }
            return isPossible ? tail : 0
        }
        return 0
    }
}
