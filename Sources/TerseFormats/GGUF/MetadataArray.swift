import TerseTensor

/// An array of GGUF metadata: its element type, its count and its bytes as the file holds them.
///
/// Elements are decoded on demand, so that a vocabulary of 128 thousand strings costs nothing until somebody asks for
/// it; an array read from a file is a view of the mapping. The payload was checked when this value was made: every
/// length in it lies within it.
public struct MetadataArray: Sendable, Equatable {
    /// What every element is.
    public let elementType: MetadataType
    /// The number of elements.
    public let count: Int
    /// The elements as GGUF encodes them, one after the other, little-endian.
    let payload: TensorBytes

    init(elementType: MetadataType, count: Int, checkedPayload payload: TensorBytes) {
        self.elementType = elementType
        self.count = count
        self.payload = payload
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.elementType == right.elementType && left.count == right.count
            && left.payload.buffer.elementsEqual(right.payload.buffer)
    }

    /// An array of strings.
    public init(_ values: some Collection<String>) {
        self.init(byteStrings: values.map { Array($0.utf8) })
    }

    /// An array of strings that need not be valid UTF-8, as the pieces of a byte-level vocabulary.
    public init(byteStrings values: [[UInt8]]) {
        let size = values.reduce(0) { $0 + 8 + $1.count }
        let payload = TensorBytes(count: size) { memory in
            var offset = 0
            for value in values {
                memory.storeBytes(of: UInt64(value.count).littleEndian, toByteOffset: offset, as: UInt64.self)
                offset += 8
                UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + value.count]).copyBytes(from: value)
                offset += value.count
            }
        }
        self.init(elementType: .string, count: values.count, checkedPayload: payload)
    }

    /// An array of `uint8`.
    public init(bytes values: [UInt8]) { self.init(values, as: .uint8) { $0 } }
    /// An array of `int32`.
    public init(_ values: some Collection<Int32>) { self.init(values, as: .int32) { $0.littleEndian } }
    /// An array of `uint32`.
    public init(_ values: some Collection<UInt32>) { self.init(values, as: .uint32) { $0.littleEndian } }
    /// An array of `float32`.
    public init(_ values: some Collection<Float>) { self.init(values, as: .float32) { $0.bitPattern.littleEndian } }
    /// An array of `bool`.
    public init(_ values: some Collection<Bool>) { self.init(values, as: .bool) { UInt8($0 ? 1 : 0) } }

    private init<Values: Collection, Encoded: BitwiseCopyable>(
        _ values: Values, as type: MetadataType, encode: (Values.Element) -> Encoded
    ) {
        let stride = MemoryLayout<Encoded>.size
        let payload = TensorBytes(count: values.count * stride) { memory in
            for (index, value) in values.enumerated() {
                memory.storeBytes(of: encode(value), toByteOffset: index * stride, as: Encoded.self)
            }
        }
        self.init(elementType: type, count: values.count, checkedPayload: payload)
    }
}
