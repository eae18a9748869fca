import Foundation
import TerseTensor

/// Writes a new file from beginning to end in whole blocks of two megabytes, each at a multiple of that, but for the last one.
/// What is left out becomes zeros.
///
/// A system that keeps what is written in large pieces keeps each block as one, and then maps it by one entry of a page table, as
/// it would memory in huge pages. Blocks that hold what is rarely read are written in small pieces: of those it maps little more
/// than is read.
struct BlockWriter {
    private let descriptor: Int32
    private let path: String
    private let block: AlignedBuffer<UInt8>
    /// What comes before the block, and what is in it.
    private var begin = 0
    private var filled = 0
    /// The bytes of the file that are rarely read, as far as is known.
    private var rarelyRead = 0..<0

    /// - Throws: `ModelError` (`outOfMemory`) where there is no memory for a block.
    init(_ descriptor: Int32, _ path: String) throws(ModelError) {
        self.descriptor = descriptor
        self.path = path
        block = try ModelError.reserving("\(Self.blockBytes) bytes to write packed weights") { () throws(TensorError) in
            try AlignedBuffer<UInt8>(count: Self.blockBytes)
        }
    }

    /// Writes bytes at `offset`, which must not be before the end of what was written; zeros up to there.
    /// - Parameter rarelyRead: which of the bytes are rarely read; those of one call alone.
    /// - Throws: `ModelError` (`file`).
    mutating func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, rarelyRead range: Range<Int>? = nil
    ) throws(ModelError) {
        precondition(offset >= begin + filled)
        try fill(upTo: offset, from: nil)
        if let range { rarelyRead = offset + range.lowerBound..<offset + range.upperBound }
        try fill(upTo: offset + bytes.count, from: bytes.baseAddress)
    }

    /// Writes zeros up to `size`, which must not be before the end of what was written, and all that is still to be written.
    /// - Throws: `ModelError` (`file`).
    mutating func finish(size: Int) throws(ModelError) {
        precondition(size >= begin + filled)
        try fill(upTo: size, from: nil)
        try put(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block.bytes)[..<filled]), at: begin)
    }

    /// Writes the beginning once more, all of it having been written.
    /// - Throws: `ModelError` (`file`).
    func overwrite(_ head: [UInt8]) throws(ModelError) {
        let memory = TensorBytes(count: head.count) { $0.copyBytes(from: head) }
        try put(memory.buffer, at: 0)
    }

    /// The next bytes from `source`, or zeros.
    private mutating func fill(upTo end: Int, from source: UnsafeRawPointer?) throws(ModelError) {
        var source = source
        while begin + filled < end {
            let count = min(end - begin - filled, Self.blockBytes - filled)
            let place = block.bytes.baseAddress! + filled
            if let bytes = source {
                memcpy(place, bytes, count)
                source = bytes + count
            } else {
                memset(place, 0, count)
            }
            filled += count
            guard filled == Self.blockBytes else { continue }
            try put(UnsafeRawBufferPointer(block.bytes), at: begin)
            (begin, filled) = (begin + filled, 0)
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ModelError) {
        let isRare = rarelyRead.overlaps(offset..<offset + bytes.count)
        let pieceBytes = isRare ? Self.smallPieceBytes : Self.blockBytes
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress! + done, min(bytes.count - done, pieceBytes), off_t(offset + done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .ofSystem("cannot write", path) }
            done += written
        }
    }

    /// Of huge pages with pages of 4 KiB, on x86 and Arm.
    private static let blockBytes = 2 << 20
    /// What Linux maps around a page that is read (`fault_around_bytes`); more at once it would keep and map together.
    private static let smallPieceBytes = 64 << 10
}
