import TerseTensor

/// Which tokens may come next, a bit for each.
public final class TokenMask {
    private let buffer: AlignedBuffer<UInt64>
    public let vocabularySize: Int

    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for so many bits.
    public init(vocabularySize: Int) throws(ModelError) {
        self.vocabularySize = vocabularySize
        buffer = try ModelError.reserving("a mask of \(vocabularySize) tokens") { () throws(TensorError) in
            try AlignedBuffer(count: vocabularySize.pieces(of: 64))
        }
    }

    /// Bytes that a mask reserves.
    public static func byteCount(vocabularySize: Int) -> Int {
        vocabularySize.pieces(of: 64) * MemoryLayout<UInt64>.stride
    }

    /// Token t is bit t mod 64 of word t / 64. Bits beyond the vocabulary mean nothing.
    public var words: UnsafeMutableBufferPointer<UInt64> {
        UnsafeMutableBufferPointer(start: buffer.pointer, count: buffer.count)
    }

    /// Makes the logits of all other tokens −infinity.
    public func apply(to logits: UnsafeMutableBufferPointer<Float>) {
        precondition(logits.count <= vocabularySize, "\(logits.count) logits with a mask of \(vocabularySize)")
        for (index, word) in words.enumerated() where word != ~0 {
            let first = index * 64
            guard first < logits.count else { return }
            for bit in 0..<min(64, logits.count - first) where word >> UInt64(bit) & 1 == 0 {
                logits[first + bit] = -.infinity
            }
        }
    }
}
