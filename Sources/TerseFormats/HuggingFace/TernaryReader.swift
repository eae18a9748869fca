import TerseTensor

/// Reads rows of −1, 0 and 1 out of what a BitNet checkpoint holds.
struct TernaryReader {
    private enum Source {
        /// Four rows to a byte.
        case packed(quarterRows: Int)
        /// Already −1, 0 and 1.
        case ready(ElementType)
        /// To be multiplied, rounded to even and clipped.
        case master(ElementType, scale: Float)
    }

    private let bytes: TensorBytes
    private let columns: Int
    private let source: Source

    /// - Parameter masterScale: the factor for master weights, or nil when the values are ternary already.
    init?(tensor: SafetensorsTensor, columns: Int, rows: Int, masterScale: Float?) {
        bytes = tensor.bytes
        self.columns = columns
        if tensor.type == .u8 {
            source = .packed(quarterRows: rows / TernaryWeight.rowsPerByte)
        } else {
            guard let type = tensor.type.elementType, [.f32, .f16, .bf16].contains(type) else { return nil }
            source = masterScale.map { .master(type, scale: $0) } ?? .ready(type)
        }
    }

    /// What master weights become: ±this.
    var meanMagnitude: Float {
        if case .master(_, let scale) = source { 1 / scale } else { 1 }
    }

    /// Fills `trits` with row `row`; false when a value is not ternary.
    func read(_ row: Int, _ trits: UnsafeMutablePointer<Int8>) -> Bool {
        switch source {
        case .packed(let quarterRows): return unpack(row, quarterRows: quarterRows, trits)
        case .ready(let type):
            var sound = true
            Self.forEach(type, bytes.pointer, first: row * columns, count: columns) { column, value in
                sound = sound && (value == 0 || abs(value) == 1)
                trits[column] = (value > 0 ? 1 : 0) - (value < 0 ? 1 : 0)
            }
            return sound
        case .master(let type, let scale):
            // Rounding to even takes exactly one half to zero; the sum of magnitudes was finite, so no value is NaN.
            Self.forEach(type, bytes.pointer, first: row * columns, count: columns) { column, value in
                let scaled = value * scale
                trits[column] = (scaled > 0.5 ? 1 : 0) - (scaled < -0.5 ? 1 : 0)
            }
            return true
        }
    }

    private func unpack(_ row: Int, quarterRows: Int, _ trits: UnsafeMutablePointer<Int8>) -> Bool {
        let shift = UInt8(2 * (row / quarterRows))
        let packed = bytes.pointer.assumingMemoryBound(to: UInt8.self) + row % quarterRows * columns
        var seen: UInt8 = 0
        for column in 0..<columns {
            let code = packed[column] >> shift & 3
            seen |= code & code >> 1
            trits[column] = Int8(bitPattern: code) - 1
        }
        return seen == 0
    }

    /// The sum of magnitudes of `count` floats of `type` from index `first` on.
    static func magnitude(_ type: ElementType, _ pointer: UnsafeRawPointer, first: Int, count: Int) -> Double {
        var sum = 0.0
        forEach(type, pointer, first: first, count: count) { _, value in sum += Double(abs(value)) }
        return sum
    }

    /// The first of some floats of `type`; nil for types that are no floats.
    static func first(_ type: ElementType?, _ pointer: UnsafeRawPointer) -> Float? {
        guard let type, [.f32, .f16, .bf16].contains(type) else { return nil }
        var result: Float = 0
        forEach(type, pointer, first: 0, count: 1) { _, value in result = value }
        return result
    }

    /// Calls `body` with each of `count` floats, little-endian.
    @inline(__always)
    static func forEach(
        _ type: ElementType, _ pointer: UnsafeRawPointer, first: Int, count: Int, _ body: (Int, Float) -> Void
    ) {
        switch type {
        case .bf16:
            let base = pointer + first * 2
            for index in 0..<count {
                let half = UInt16(littleEndian: base.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                body(index, Float(bitPattern: UInt32(half) << 16))
            }
        case .f16:
            let base = pointer + first * 2
            for index in 0..<count {
                let half = UInt16(littleEndian: base.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                body(index, Float(Float16(bitPattern: half)))
            }
        default:
            let base = pointer + first * 4
            for index in 0..<count {
                let pattern = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                body(index, Float(bitPattern: pattern))
            }
        }
    }
}
