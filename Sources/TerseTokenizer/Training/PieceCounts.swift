/// How often each piece that a pre-tokeniser cuts from text occurs: all that training a byte-pair encoding needs to
/// know of a text.
///
/// Counts of parts of a text, made side by side, add up with `merge`; the sum does not depend on their order.
public struct PieceCounts: Sendable {
    private(set) var pieces = SymbolTable(capacity: 1 << 12, bytes: 1 << 15)
    /// Occurrences of each piece.
    private(set) var counts: [Int] = []
    private let preTokenizer: PreTokenizer

    /// Different pieces together may have as many bytes.
    public static let textBytesMax = 1 << 30

    public init(preTokenization: [PreTokenizationStep]) {
        preTokenizer = PreTokenizer(preTokenization)
    }

    /// Different pieces so far.
    public var count: Int { counts.count }

    /// Cuts `text`, UTF-8, and counts its pieces.
    /// - Throws: `TokenizerError` (`tooLarge`) when there are more different pieces than `textBytesMax` bytes hold.
    public mutating func add(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) {
        let preTokenizer = preTokenizer
        preTokenizer.forEachPiece(of: text, isFirst: true) { piece in count(piece, times: 1) }
        try checkSize()
    }

    /// Adds what `other` counted.
    /// - Throws: as `add`.
    public mutating func merge(_ other: PieceCounts) throws(TokenizerError) {
        other.pieces.strings.arena.withUnsafeBufferPointer { arena in
            for (index, times) in other.counts.enumerated() {
                count(UnsafeBufferPointer(rebasing: arena[other.pieces.strings.range(index)]), times: times)
            }
        }
        try checkSize()
    }

    private mutating func count(_ piece: UnsafeBufferPointer<UInt8>, times: Int) {
        if let known = pieces.find(piece) {
            counts[Int(known)] += times
        } else if !piece.isEmpty {
            pieces.append(piece)
            counts.append(times)
        }
    }

    private func checkSize() throws(TokenizerError) {
        guard pieces.strings.byteCount <= Self.textBytesMax else {
            throw TokenizerError(
                .tooLarge,
                "the text has \(count) different pieces of \(pieces.strings.byteCount) bytes, the limit is \(Self.textBytesMax)"
            )
        }
    }
}
