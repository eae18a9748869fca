import TerseJSON
import TerseTensor

/// The parts of a file of tokens, checked.
struct TokenDatasetLayout {
    let origin: TokenDatasetOrigin
    let bytesPerToken: Int
    let documentEnds: [Int]

    /// Bytes of the object that says what the file was made from.
    private static let originBytesMax = 256 << 20

    init(_ file: MappedFile) throws(TrainingError) {
        let magic = TokenDataset.magic
        let bytes = file.buffer
        func broken(_ what: String) -> TrainingError { TrainingError(.mismatch, "\(file.path): \(what)") }

        guard bytes.count >= 3 * magic.count, bytes.starts(with: magic) else { throw broken("is no file of tokens") }
        guard bytes.suffix(magic.count).elementsEqual(magic) else { throw broken("is cut short") }
        let originEnd = bytes.count - 2 * magic.count
        let originCount = Int(exactly: Self.word(bytes, originEnd)) ?? .max
        guard originCount <= min(Self.originBytesMax, originEnd - magic.count) else {
            throw broken("\(originCount) bytes of origin in a file of \(bytes.count)")
        }
        let originStart = originEnd - originCount
        let json: JSONValue
        do { json = try JSONValue.parse(Array(bytes[originStart..<originEnd])) } catch {
            throw broken("its origin is not JSON: \(error)")
        }
        guard let origin = TokenDatasetOrigin(json), let documents = json["documents"]?.intValue,
            let tokens = json["tokens"]?.intValue
        else { throw broken("its origin lacks a member") }
        guard (1...TokenDataset.documentsMax).contains(documents), tokens >= 1, tokens <= bytes.count else {
            throw broken("\(tokens) tokens in \(documents) documents in a file of \(bytes.count) bytes")
        }
        bytesPerToken = Self.bytesPerToken(vocabularySize: origin.vocabularySize)
        let endsStart = Self.padded(magic.count + tokens * bytesPerToken)
        guard endsStart + 8 * documents == originStart else {
            throw broken(
                "\(tokens) tokens and \(documents) documents end at byte \(endsStart + 8 * documents), not \(originStart)"
            )
        }
        var ends: [Int] = []
        ends.reserveCapacity(documents)
        for index in 0..<documents {
            guard let end = Int(exactly: Self.word(bytes, endsStart + 8 * index)), end > ends.last ?? 0, end <= tokens
            else { throw broken("the end of document \(index) is not behind that of the one before") }
            ends.append(end)
        }
        guard ends.last == tokens else { throw broken("the last document ends at \(ends.last ?? 0), not \(tokens)") }
        self.origin = origin
        documentEnds = ends
    }

    static func bytesPerToken(vocabularySize: Int) -> Int { vocabularySize <= 1 << 16 ? 2 : 4 }

    /// The next multiple of 8.
    static func padded(_ count: Int) -> Int { (count + 7) / 8 * 8 }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
