import TerseTensor

extension MetadataArray {
    /// Calls `body` with the bytes of each string in order; the bytes are valid during the call only.
    ///
    /// Does nothing when the elements are no strings.
    public func forEachString(_ body: (_ index: Int, _ utf8: UnsafeRawBufferPointer) throws -> Void) rethrows {
        guard elementType == .string else { return }
        let buffer = payload.buffer
        var offset = 0
        for index in 0..<count {
            let length = Int(UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
            try body(index, UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + length]))
            offset += length
        }
    }

    /// The strings, invalid UTF-8 repaired; nil when the elements are no strings.
    public var strings: [String]? {
        guard elementType == .string else { return nil }
        var result: [String] = []
        result.reserveCapacity(count)
        forEachString { _, utf8 in result.append(String(decoding: utf8, as: UTF8.self)) }
        return result
    }

    /// The elements of any integer type; nil for other types or when one does not fit.
    public var integers: [Int]? {
        switch elementType {
        case .uint8: load(UInt8.self) { Int($0) }
        case .int8: load(Int8.self) { Int($0) }
        case .uint16: load(UInt16.self) { Int(UInt16(littleEndian: $0)) }
        case .int16: load(Int16.self) { Int(Int16(littleEndian: $0)) }
        case .uint32: load(UInt32.self) { Int(UInt32(littleEndian: $0)) }
        case .int32: load(Int32.self) { Int(Int32(littleEndian: $0)) }
        case .uint64: load(UInt64.self) { Int(exactly: UInt64(littleEndian: $0)) }
        case .int64: load(Int64.self) { Int(Int64(littleEndian: $0)) }
        default: nil
        }
    }

    /// The elements of any number type, rounded to float32; nil for other types.
    public var floats: [Float]? {
        switch elementType {
        case .float32: load(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
        case .float64: load(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
        default: integers?.map(Float.init)
        }
    }

    private func load<Raw: BitwiseCopyable, Value>(_: Raw.Type, _ decode: (Raw) -> Value?) -> [Value]? {
        let buffer = payload.buffer
        var result: [Value] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            let raw = buffer.loadUnaligned(fromByteOffset: index * MemoryLayout<Raw>.size, as: Raw.self)
            guard let value = decode(raw) else { return nil }
            result.append(value)
        }
        return result
    }
}
