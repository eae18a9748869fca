import TerseTensor

/// Parses GGUF version 2 and 3, little-endian.
///
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Nothing is allocated for a count or length
/// before the bytes that back it are known to be there.
enum GGUFReader {
    static let magic: UInt32 = 0x4655_4747  // "GGUF"
    static let alignmentDefault = 32
    static let alignmentKey = "general.alignment"

    static func read(_ file: MappedFile, i2sOrder: I2SOrder) throws(FormatError) -> GGUFFile {
        var cursor = ByteCursor(file.buffer, file: file.path)
        let version = try readVersion(&cursor)
        let tensorCount = try cursor.readCount(
            max: GGUFLimits.tensorsMax, itemBytesMin: TensorEntry.bytesMin, "the number of tensors")
        let keyCount = try cursor.readCount(
            max: GGUFLimits.metadataKeysMax, itemBytesMin: 13, "the number of metadata keys")
        let metadata = try readMetadata(&cursor, count: keyCount, file: file)
        let alignment = try alignment(metadata, file: file.path)
        let entries = try readTensorEntries(&cursor, count: tensorCount)
        let tensors = try TensorLayout(
            entries: entries, headerEnd: cursor.offset, alignment: alignment, i2sOrder: i2sOrder
        ).map(file)
        return GGUFFile(
            path: file.path, version: version, alignment: alignment, metadata: metadata, tensors: tensors)
    }

    private static func readVersion(_ cursor: inout ByteCursor) throws(FormatError) -> Int {
        let found = try cursor.read(UInt32.self, "the magic number")
        guard found == magic else {
            let bytes = withUnsafeBytes(of: found.littleEndian) { String(decoding: $0, as: UTF8.self).debugDescription }
            throw FormatError(
                .invalid, "\(cursor.file): not a GGUF file: expected \"GGUF\" at its start, found \(bytes)")
        }
        let version = try cursor.read(UInt32.self, "the version")
        guard version & 0xFFFF != 0 || version == 0 else {
            throw FormatError(
                .unsupported,
                "\(cursor.file): a big-endian GGUF file (version \(version.byteSwapped)); only little-endian is read")
        }
        guard version == 2 || version == 3 else {
            throw FormatError(.unsupported, "\(cursor.file): GGUF version \(version); versions 2 and 3 are read")
        }
        return Int(version)
    }

    /// Tensor data starts at multiples of this many bytes.
    static func alignment(_ metadata: Metadata, file: String) throws(FormatError) -> Int {
        guard let alignment = try metadata.integer(alignmentKey) else { return alignmentDefault }
        guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= GGUFLimits.alignmentMax else {
            throw FormatError(
                .invalid,
                "\(file): \(alignmentKey) must be a power of two up to \(GGUFLimits.alignmentMax), found \(alignment)"
            )
        }
        return alignment
    }

    private static func readMetadata(
        _ cursor: inout ByteCursor, count: Int, file: MappedFile
    ) throws(FormatError) -> Metadata {
        var metadata = Metadata(source: file.path)
        for index in 0..<count {
            let key = try cursor.readString(max: GGUFLimits.keyBytesMax, "metadata key \(index)")
            guard !key.isEmpty else { throw FormatError(.invalid, "\(file.path): metadata key \(index) is empty") }
            guard metadata[key] == nil else {
                throw FormatError(.invalid, "\(file.path): metadata key \(key) appears twice")
            }
            let type = try readType(&cursor, "metadata key \(key)")
            metadata[key] = try readValue(&cursor, type: type, owner: file, what: "metadata key \(key)")
        }
        return metadata
    }

    private static func readType(
        _ cursor: inout ByteCursor, _ what: @autoclosure () -> String
    ) throws(FormatError) -> MetadataType {
        let raw = try cursor.read(UInt32.self, "the type of \(what())")
        guard let type = MetadataType(rawValue: raw) else {
            throw FormatError(.invalid, "\(cursor.file): \(what()): unknown metadata type \(raw); 0 to 12 are defined")
        }
        return type
    }

    private static func readValue(
        _ cursor: inout ByteCursor, type: MetadataType, owner: AnyObject, what: String
    ) throws(FormatError) -> MetadataValue {
        switch type {
        case .uint8: .uint8(try cursor.read(UInt8.self, what))
        case .int8: .int8(try cursor.read(Int8.self, what))
        case .uint16: .uint16(try cursor.read(UInt16.self, what))
        case .int16: .int16(try cursor.read(Int16.self, what))
        case .uint32: .uint32(try cursor.read(UInt32.self, what))
        case .int32: .int32(try cursor.read(Int32.self, what))
        case .uint64: .uint64(try cursor.read(UInt64.self, what))
        case .int64: .int64(try cursor.read(Int64.self, what))
        case .float32: .float32(Float(bitPattern: try cursor.read(UInt32.self, what)))
        case .float64: .float64(Double(bitPattern: try cursor.read(UInt64.self, what)))
        case .bool: .bool(try cursor.read(UInt8.self, what) != 0)
        case .string: .string(try cursor.readString(max: GGUFLimits.stringBytesMax, what))
        case .array: .array(try readArray(&cursor, depth: 0, owner: owner, what: what))
        }
    }

    /// Reads an array's type and count, walks over its elements, and returns a view of them.
    static func readArray(
        _ cursor: inout ByteCursor, depth: Int, owner: AnyObject, what: @autoclosure () -> String
    ) throws(FormatError) -> MetadataArray {
        guard depth < GGUFLimits.arrayDepthMax else {
            throw FormatError(
                .limitExceeded, "\(cursor.file): \(what()): arrays nested more than \(GGUFLimits.arrayDepthMax) deep")
        }
        let type = try readType(&cursor, what())
        let count = try cursor.readCount(
            max: GGUFLimits.arrayElementsMax, itemBytesMin: type.sizeMin, "the array length of \(what())")
        let start = cursor.offset
        if let size = type.fixedSize {
            _ = try cursor.skip(count * size, what())  // count ≤ remaining / size: no overflow
        } else if type == .string {
            try cursor.skipStrings(count, lengthMax: GGUFLimits.stringBytesMax, what())
        } else {
            for _ in 0..<count { _ = try readArray(&cursor, depth: depth + 1, owner: owner, what: what()) }
        }
        guard let base = cursor.buffer.baseAddress else {
            throw FormatError(.truncated, "\(cursor.file): \(what()): the file is empty")
        }
        let payload = TensorBytes(pointer: base + start, count: cursor.offset - start, owner: owner)
        return MetadataArray(elementType: type, count: count, checkedPayload: payload)
    }

    private static func readTensorEntries(
        _ cursor: inout ByteCursor, count: Int
    ) throws(FormatError) -> [TensorEntry] {
        var entries: [TensorEntry] = []
        entries.reserveCapacity(count)
        var names: Set<String> = []
        for index in 0..<count {
            let entry = try TensorEntry(reading: &cursor, index: index)
            guard names.insert(entry.name).inserted else {
                throw FormatError(.invalid, "\(cursor.file): tensor \(entry.name) appears twice")
            }
            entries.append(entry)
        }
        return entries
    }
}
