import TerseTensor

/// Reads rows of −1, 0 and 1 out of what a BitNet checkpoint holds.
struct TernaryReader {
    private enum Source {
        /// Four rows to a byte.
        case packed(quarterRows: Int)
        /// Already −1, 0 and 1.
        case ready((UnsafeRawPointer, Int) -> Float)
        /// To be multiplied, rounded to even and clipped.
        case master((UnsafeRawPointer, Int) -> Float, scale: Float)
    }

    private let tensor: SafetensorsTensor
    private let columns: Int
    private let source: Source

    /// - Parameter masterScale: the factor for master weights, or nil when the values are ternary already.
    init?(tensor: SafetensorsTensor, columns: Int, rows: Int, masterScale: Float?) {
        self.tensor = tensor
        self.columns = columns
        if tensor.type == .u8 {
            source = .packed(quarterRows: rows / TernaryWeight.rowsPerByte)
        } else {
            guard let load = Self.floats(tensor.type.elementType) else { return nil }
            source = masterScale.map { .master(load, scale: $0) } ?? .ready(load)
        }
    }

    /// What master weights become: ±this.
    var meanMagnitude: Float {
        if case .master(_, let scale) = source { 1 / scale } else { 1 }
    }

    /// Fills `trits` with row `row`; false when a value is not ternary.
    func read(_ row: Int, _ trits: inout [Int8]) -> Bool {
        let pointer = tensor.bytes.pointer
        switch source {
        case .packed(let quarterRows):
            let shift = UInt8(2 * (row / quarterRows))
            let bytes = UnsafeRawBufferPointer(
                rebasing: tensor.bytes.buffer[row % quarterRows * columns..<(row % quarterRows + 1) * columns])
            var seen: UInt8 = 0
            for column in 0..<columns {
                let code = bytes[column] >> shift & 3
                seen |= code & code >> 1
                trits[column] = Int8(code) - 1
            }
            return seen == 0
        case .ready(let load):
            for column in 0..<columns {
                let value = load(pointer, row * columns + column)
                guard value == 0 || value == 1 || value == -1 else { return false }
                trits[column] = Int8(value)
            }
            return true
        case .master(let load, let scale):
            for column in 0..<columns {
                let value = (load(pointer, row * columns + column) * scale).rounded(.toNearestOrEven)
                guard !value.isNaN else { return false }
                trits[column] = Int8(max(-1, min(1, value)))
            }
            return true
        }
    }

    /// Loads element `index` of an array of this type, little-endian; nil for types that are no floats.
    static func floats(_ type: ElementType?) -> ((UnsafeRawPointer, Int) -> Float)? {
        switch type {
        case .f32:
            { Float(bitPattern: UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: $1 * 4, as: UInt32.self))) }
        case .f16:
            {
                Float(
                    Float16(bitPattern: UInt16(littleEndian: $0.loadUnaligned(fromByteOffset: $1 * 2, as: UInt16.self)))
                )
            }
        case .bf16:
            {
                let half = UInt16(littleEndian: $0.loadUnaligned(fromByteOffset: $1 * 2, as: UInt16.self))
                return Float(bitPattern: UInt32(half) << 16)
            }
        default: nil
        }
    }
}
