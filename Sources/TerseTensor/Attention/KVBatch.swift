/// The rows of one forward pass: which sequence and position each belongs to, and in which blocks its sequence lies.
///
/// Rows come in runs: successive positions of one sequence. A prompt's chunk is a run, a generated token a run of one.
/// Capacity is fixed; filling and emptying allocate nothing.
public final class KVBatch {
    struct Run {
        var firstRow: Int
        var rows: Int
        var firstPosition: Int
        var blocks: UnsafePointer<UInt32>
    }

    public let maxRows: Int
    /// Rows appended so far.
    public private(set) var rows = 0
    private let runMemory: AlignedBuffer<Run>
    private var runCount = 0
    /// Per row: how many positions of its sequence it sees, itself included.
    let limits: AlignedBuffer<UInt32>
    /// Per row: its run.
    private let runOfRow: AlignedBuffer<UInt32>

    /// The most positions that a sequence may have.
    public static let positionsMax = Int(Int32.max)

    /// - Throws: `TensorError` when there is no memory for so many rows.
    public init(maxRows: Int) throws(TensorError) {
        self.maxRows = maxRows
        limits = try AlignedBuffer(count: maxRows)
        runOfRow = try AlignedBuffer(count: maxRows)
        runMemory = try AlignedBuffer(count: maxRows)
    }

    /// Bytes that a batch of `maxRows` rows reserves.
    public static func byteCount(maxRows: Int) -> Int {
        maxRows * (2 * MemoryLayout<UInt32>.stride + MemoryLayout<Run>.stride)
    }

    /// Bytes reserved.
    public var byteCount: Int { limits.byteCount + runOfRow.byteCount + runMemory.byteCount }

    /// Empties the batch.
    public func removeAll() {
        rows = 0
        runCount = 0
    }

    /// Appends `count` rows at successive positions of one sequence.
    /// - Parameters:
    ///   - position: of the first row, counted from 0.
    ///   - blocks: the sequence's block table: element b is the block of positions 32·b … 32·b + 31. It must cover the
    ///     rows, stay valid until the pass is over, and no block that is written to may be in another sequence's table.
    ///   - blockCount: elements of `blocks`.
    public func append(position: Int, count: Int, blocks: UnsafePointer<UInt32>, blockCount: Int) {
        precondition(count > 0 && rows + count <= maxRows, "\(count) more rows in a batch of \(rows) of \(maxRows)")
        precondition(position >= 0 && position <= Self.positionsMax - count, "position \(position)")
        precondition(
            KVLayout.blocks(forTokens: position + count) <= blockCount,
            "positions up to \(position + count) in \(blockCount) blocks of \(KVLayout.blockTokens)")
        for row in 0..<count {
            limits.pointer[rows + row] = UInt32(position + row + 1)
            runOfRow.pointer[rows + row] = UInt32(runCount)
        }
        runMemory.pointer[runCount] = Run(firstRow: rows, rows: count, firstPosition: position, blocks: blocks)
        runCount += 1
        rows += count
    }

    /// The runs so far; valid while the batch lives and is not changed.
    var runs: UnsafeBufferPointer<Run> { UnsafeBufferPointer(start: runMemory.pointer, count: runCount) }

    /// The position of a row within its sequence.
    public func position(of row: Int) -> Int {
        precondition(row >= 0 && row < rows)
        return Int(limits.pointer[row]) - 1
    }

    /// The block that a row's key and value go to, and the slot in it.
    func slot(of row: Int) -> (block: Int, token: UInt32) {
        let position = limits.pointer[row] - 1
        let run = runMemory.pointer[Int(runOfRow.pointer[row])]
        let tokens = UInt32(KVLayout.blockTokens)
        return (Int(run.blocks[Int(position / tokens)]), position % tokens)
    }
}
