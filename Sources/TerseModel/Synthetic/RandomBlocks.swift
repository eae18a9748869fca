import Foundation
import TerseTensor

/// Fills tensors of any weight type with random weights of about a given standard deviation, at the speed of memory:
/// random bits for the quants, one fixed scale for all blocks.
struct RandomBlocks {
    let type: ElementType
    /// Wanted standard deviation; 0: all weights are one (float32 alone).
    let deviation: Float
    let seed: UInt64

    /// Rows' bytes that one chunk of a region fills; a whole number of blocks of every type.
    private static let chunkBlocks = 4096

    /// - Throws: `TensorError` when rows are no whole number of blocks.
    func tensor(shape: [Int], team: ThreadTeam) throws(TensorError) -> Tensor {
        let count = try Tensor.byteCount(type: type, shape: shape)
        let memory = try AlignedBuffer<UInt8>(count: count)
        let base = UnsafeMutableRawPointer(memory.pointer)
        let chunkBytes = Self.chunkBlocks * type.blockBytes
        team.run(chunks: count.pieces(of: chunkBytes)) { chunk, _ in
            let start = chunk * chunkBytes
            fill(base + start, bytes: min(chunkBytes, count - start), chunk: chunk)
        }
        let bytes = TensorBytes(pointer: UnsafeRawPointer(base), count: count, owner: memory)
        return try Tensor(type: type, shape: shape, bytes: bytes, scale: type == .i2S ? deviation * 1.41 : 1)
    }

    private func fill(_ memory: UnsafeMutableRawPointer, bytes: Int, chunk: Int) {
        guard deviation > 0 else {
            memory.bindMemory(to: Float.self, capacity: bytes / 4).update(repeating: 1, count: bytes / 4)
            return
        }
        var random = RandomSource(seed: seed &+ UInt64(chunk))
        let (keep, set) = pattern
        for offset in stride(from: 0, to: bytes - 7, by: 8) {
            var word = random.next()
            if type == .tq2_0 || type == .i2S {
                // Pairs of bits that are both set stand for no trit: they become a zero, which is 1.
                word ^= (word & word >> 1 & 0x5555_5555_5555_5555) << 1
            }
            memory.storeBytes(of: word & keep | set, toByteOffset: offset, as: UInt64.self)
        }
        if bytes % 8 != 0 {
            var word = random.next() & keep | set
            withUnsafeBytes(of: &word) {
                (memory + bytes / 8 * 8).copyMemory(from: $0.baseAddress!, byteCount: bytes % 8)
            }
        }
        setScales(memory, blocks: bytes / type.blockBytes)
    }

    /// For plain floats: which random bits to keep, and an exponent to put in. Sign, mantissa and the exponent's lowest
    /// bit are random, so magnitudes lie within a factor of four.
    private var pattern: (keep: UInt64, set: UInt64) {
        // Magnitudes in 2^e …2^(e + 2), evenly over the two octaves: root mean square about 2^(e + 1.06).
        let exponent = Int((log2(deviation) - 1.06).rounded())
        func field(bias: Int, mantissaBits: Int) -> UInt64 {
            UInt64(max(exponent + bias, 2) & ~1) << UInt64(mantissaBits)
        }
        func fourfold(_ half: UInt64) -> UInt64 { half | half << 16 | half << 32 | half << 48 }
        switch type {
        case .f16: return (fourfold(0x87FF), fourfold(field(bias: 15, mantissaBits: 10)))
        case .bf16: return (fourfold(0x80FF), fourfold(field(bias: 127, mantissaBits: 7)))
        case .f32:
            let word = field(bias: 127, mantissaBits: 23)
            return (0x80FF_FFFF_80FF_FFFF, word | word << 32)
        default: return (~0, 0)
        }
    }

    /// Puts the scale, and the minimum that centres the weights, into every block.
    private func setScales(_ memory: UnsafeMutableRawPointer, blocks: Int) {
        guard let layout = ScaleLayout(type) else { return }
        let scale = Float16(deviation / layout.deviation)
        let minimum = Float16(Float(scale) * layout.minimum)
        for block in 0..<blocks {
            let start = block * type.blockBytes
            memory.storeBytes(of: scale.bitPattern, toByteOffset: start + layout.offset, as: UInt16.self)
            guard layout.minimum != 0 else { continue }
            memory.storeBytes(of: minimum.bitPattern, toByteOffset: start + layout.offset + 2, as: UInt16.self)
        }
    }
}

/// Where a block type keeps its scale, and what random quants amount to.
private struct ScaleLayout {
    /// Byte of the scale in a block; the minimum follows it.
    let offset: Int
    /// Standard deviation of a weight of random bits when the scale is one.
    let deviation: Float
    /// The minimum that makes weights average zero, in units of the scale; 0: the type has none.
    let minimum: Float

    init?(_ type: ElementType) {
        switch type {
        case .q4_0: self.init(0, 4.6)
        case .q4_1: self.init(0, 4.6, minimum: -7.5)
        case .q5_0: self.init(0, 9.2)
        case .q5_1: self.init(0, 9.2, minimum: -15.5)
        case .q8_0: self.init(0, 74)
        // Six-bit scales average 31.5; the minimums, taken away, have as many bits.
        case .q4K: self.init(0, 250, minimum: 7.5)
        case .q5K: self.init(0, 520, minimum: 15.5)
        case .q6K: self.init(208, 1370)
        case .tq1_0: self.init(52, 0.82)
        case .tq2_0: self.init(64, 0.71)
        default: return nil
        }
    }

    private init(_ offset: Int, _ deviation: Float, minimum: Float = 0) {
        self.offset = offset
        self.deviation = deviation
        self.minimum = minimum
    }
}
