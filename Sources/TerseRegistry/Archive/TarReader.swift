/// The entries of a tar archive, one after the other.
struct TarReader {
    let input: ArchiveInput
    private var unread: Int64 = 0
    private var padding: Int64 = 0

    /// Programs fill archives up with zeros, to 10 KiB as a rule.
    private static let fillBytesMax: Int64 = 1 << 20

    init(_ input: ArchiveInput) { self.input = input }

    /// The next entry; what was not taken of the last one is an error of the caller.
    /// - Returns: nil at the end, behind which there are zeros only.
    mutating func next() throws(RegistryError) -> TarHeader? {
        precondition(unread == 0)
        try input.take(padding) { _ throws(RegistryError) in }
        padding = 0
        let place = "\(input.path), at byte \(input.offset)"
        let block = try input.block()
        if block.allSatisfy({ $0 == 0 }) {
            try finish()
            return nil
        }
        let header = try TarHeader(block, place)
        unread = header.byteCount
        let excess = header.byteCount % Int64(TarHeader.blockBytes)
        padding = excess == 0 ? 0 : Int64(TarHeader.blockBytes) - excess
        return header
    }

    /// Takes the bytes of the entry, piece by piece.
    mutating func take(_ sink: (UnsafeRawBufferPointer) throws(RegistryError) -> Void) throws(RegistryError) {
        let count = unread
        unread = 0
        try input.take(count, sink)
    }

    private func finish() throws(RegistryError) {
        let end = input.offset
        while try !input.isAtEnd() {
            let block = try input.block()
            guard block.allSatisfy({ $0 == 0 }), input.offset - end <= Self.fillBytesMax else {
                throw RegistryError(
                    .invalid, "\(input.path), at byte \(input.offset): expected the end of the archive, found more")
            }
        }
    }
}
