import Foundation
import TerseTensor

/// What a teacher said of every token of a stream: the most probable tokens that follow and their log-probabilities, in a
/// file that is mapped. It is asked once, and any number of epochs and students learn from the file.
///
/// The file: 8 bytes of magic, the fingerprint, the number of positions, of outcomes of each and of positions of a block,
/// 8 bytes each; then the blocks: for each position its outcomes, most probable first, an id (two bytes where the
/// vocabulary allows, else four) and a binary16 log-probability; at the end of a block a checksum of 8 bytes.
/// Little-endian.
struct TeacherCache {
    /// How a file of this kind is laid out.
    struct Layout: Equatable {
        /// Of teacher, stream and temperature.
        let fingerprint: UInt64
        let positions: Int
        let outcomes: Int
        let blockPositions: Int
        let bytesPerToken: Int

        static let magic = Array("TERSETCH".utf8)
        static let headerBytes = 40

        /// Bytes of one position.
        var recordBytes: Int { outcomes * (bytesPerToken + 2) }
        var blockCount: Int { positions.pieces(of: blockPositions) }
        var byteCount: Int { Self.headerBytes + positions * recordBytes + 8 * blockCount }

        /// Positions of block `index`.
        func range(_ index: Int) -> Range<Int> {
            index * blockPositions..<min((index + 1) * blockPositions, positions)
        }

        /// Where block `index` begins in the file.
        func offset(ofBlock index: Int) -> Int {
            Self.headerBytes + index * (blockPositions * recordBytes + 8)
        }

        /// Where a position's outcomes begin in the file.
        func offset(of position: Int) -> Int {
            let (block, rest) = position.quotientAndRemainder(dividingBy: blockPositions)
            return offset(ofBlock: block) + rest * recordBytes
        }

        var header: [UInt8] {
            var bytes = Self.magic
            for number in [fingerprint, UInt64(positions), UInt64(outcomes), UInt64(blockPositions)] {
                bytes += withUnsafeBytes(of: number.littleEndian, Array.init)
            }
            return bytes
        }
    }

    let layout: Layout
    private let file: MappedFile

    /// Opens a complete file of this layout.
    /// - Throws: `TrainingError` (`mismatch`) when it is another or damaged, naming the block.
    init(path: String, layout: Layout) throws(TrainingError) {
        do { file = try MappedFile(path: path) } catch { throw TrainingError(.system, error.message) }
        self.layout = layout
        guard file.count == layout.byteCount, file.buffer.starts(with: layout.header) else {
            throw TrainingError(
                .mismatch, "\(path): is not what this teacher says of this text; without the file it is asked again")
        }
        for block in 0..<layout.blockCount where !Self.isWhole(file.buffer, block, layout) {
            throw TrainingError(
                .mismatch, "\(path): block \(block) is damaged; without the file the teacher is asked again")
        }
    }

    /// Whether the bytes hold the block and its checksum is right.
    static func isWhole(_ bytes: UnsafeRawBufferPointer, _ block: Int, _ layout: Layout) -> Bool {
        let start = layout.offset(ofBlock: block)
        let end = start + layout.range(block).count * layout.recordBytes
        guard end + 8 <= bytes.count else { return false }
        let found = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self))
        return Fingerprint.of(bytes[start..<end]) == found
    }

    /// Copies the outcomes of a position to `target`, which has room for them.
    func copy(_ position: Int, to target: UnsafeMutablePointer<(index: Int32, logProbability: Float)>) {
        let bytes = file.buffer
        var offset = layout.offset(of: position)
        for outcome in 0..<layout.outcomes {
            let id: Int32 =
                layout.bytesPerToken == 2
                ? Int32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
                : Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
            offset += layout.bytesPerToken
            let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            target[outcome] = (id, Float(Float16(bitPattern: bits)))
            offset += 2
        }
    }
}
