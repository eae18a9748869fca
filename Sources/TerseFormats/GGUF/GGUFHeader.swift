import TerseTensor

/// The bytes of a GGUF file before its data: magic, version, counts, metadata, tensor list.
struct GGUFHeader {
    let metadata: Metadata
    let entries: ArraySlice<GGUFWriter.Entry>
    let sizes: ArraySlice<Int>
    let alignment: Int

    private static let version: UInt32 = 3

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        append(GGUFReader.magic, to: &bytes)
        append(Self.version, to: &bytes)
        append(UInt64(entries.count), to: &bytes)
        append(UInt64(metadata.count), to: &bytes)
        for key in metadata.keys {
            guard let value = metadata[key] else { continue }
            append(key, to: &bytes)
            append(value.type.rawValue, to: &bytes)
            append(value, to: &bytes)
        }
        var offset = 0
        for (entry, size) in zip(entries, sizes) {
            append(entry.name, to: &bytes)
            append(UInt32(entry.shape.count), to: &bytes)
            for extent in entry.shape { append(UInt64(extent), to: &bytes) }
            append(entry.type.rawValue, to: &bytes)
            append(UInt64(offset), to: &bytes)
            offset += (size + alignment - 1) / alignment * alignment
        }
        return bytes
    }

    private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private func append(_ value: MetadataValue, to bytes: inout [UInt8]) {
        switch value {
        case .uint8(let value): append(value, to: &bytes)
        case .int8(let value): append(value, to: &bytes)
        case .uint16(let value): append(value, to: &bytes)
        case .int16(let value): append(value, to: &bytes)
        case .uint32(let value): append(value, to: &bytes)
        case .int32(let value): append(value, to: &bytes)
        case .uint64(let value): append(value, to: &bytes)
        case .int64(let value): append(value, to: &bytes)
        case .float32(let value): append(value.bitPattern, to: &bytes)
        case .float64(let value): append(value.bitPattern, to: &bytes)
        case .bool(let value): append(UInt8(value ? 1 : 0), to: &bytes)
        case .string(let value): append(value, to: &bytes)
        case .array(let array):
            append(array.elementType.rawValue, to: &bytes)
            append(UInt64(array.count), to: &bytes)
            bytes.append(contentsOf: array.payload.buffer)
        }
    }
}
