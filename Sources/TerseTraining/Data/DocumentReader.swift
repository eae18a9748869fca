import TerseJSON

/// The documents of one file, one after the other.
struct DocumentReader {
    let file: TextCorpus.File
    let bytes: UnsafeRawBufferPointer
    /// Bytes that were read.
    private(set) var position = 0
    private var line = 0

    private static let newline = UInt8(ascii: "\n")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    init(file: TextCorpus.File, bytes: UnsafeRawBufferPointer) {
        self.file = file
        self.bytes = bytes
        if bytes.starts(with: Self.byteOrderMark) { position = Self.byteOrderMark.count }
    }

    /// Nil at the end of the file.
    mutating func next() throws(TrainingError) -> Document? {
        guard position < bytes.count else { return nil }
        guard file.isJSONL else {
            let start = position
            position = bytes.count
            return try document(try text(bytes[start...]), source: file.path)
        }
        while position < bytes.count {
            let start = position
            let end = bytes[start...].firstIndex(of: Self.newline) ?? bytes.count
            position = min(end + 1, bytes.count)
            line += 1
            let content = bytes[start..<end]
            if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            return try jsonDocument(content)
        }
        return nil
    }

    private func jsonDocument(_ content: Slice<UnsafeRawBufferPointer>) throws(TrainingError) -> Document {
        let source = "\(file.path):\(line)"
        try checkSize(content.count, source)
        let value: JSONValue
        do {
            value = try JSONValue.parse(Array(content))
        } catch {
            throw TrainingError(.data, "\(source): is not JSON: \(error)")
        }
        guard let text = value["text"]?.stringValue else {
            throw TrainingError(.data, "\(source): expected an object with a string \"text\"")
        }
        return try document(text.contains("\r\n") ? text.replacing("\r\n", with: "\n") : text, source: source)
    }

    private func document(_ text: String, source: String) throws(TrainingError) -> Document {
        guard text.utf8.contains(where: { $0 > 0x20 }) else { throw TrainingError(.data, "\(source): holds no text") }
        return Document(source: source, text: text)
    }

    /// Validated, CR LF made LF.
    private func text(_ content: Slice<UnsafeRawBufferPointer>) throws(TrainingError) -> String {
        try checkSize(content.count, file.path)
        var unixBytes: [UInt8] = []
        unixBytes.reserveCapacity(content.count)
        for (index, byte) in zip(content.indices, content) {
            if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == Self.newline { continue }
            unixBytes.append(byte)
        }
        guard let text = String(validating: unixBytes, as: UTF8.self) else {
            throw TrainingError(
                .data,
                "\(file.path): expected UTF-8 text, found byte \(Self.hex(Self.firstBadByte(content))); convert it first (iconv -t UTF-8)"
            )
        }
        return text
    }

    private func checkSize(_ count: Int, _ source: String) throws(TrainingError) {
        guard count <= TextCorpus.documentBytesMax else {
            throw TrainingError(
                .limitExceeded,
                "\(source): a document of \(count) bytes, the limit is \(TextCorpus.documentBytesMax)")
        }
    }

    /// The first byte that is part of no character, and where it stands.
    private static func firstBadByte(_ content: Slice<UnsafeRawBufferPointer>) -> (byte: UInt8, offset: Int) {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = content.makeIterator()
        var offset = content.startIndex
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return (content[offset], offset)
    }

    private static func hex(_ place: (byte: UInt8, offset: Int)) -> String {
        "0x\(String(place.byte, radix: 16, uppercase: true)) at offset \(place.offset)"
    }
}
