import TerseTensor

/// The memory for keys and values of all sequences, in blocks of 32 tokens, taken once.
///
/// Belongs to one thread at a time, as do its sequences.
public final class BlockPool {
    public let layout: KVLayout
    let store: KVStore
    /// Blocks from this one on were never taken. Low blocks go first, so that a short sequence touches few pages.
    private var firstFresh = 0
    /// Blocks that came back, the last to be taken next.
    private let returned: AlignedBuffer<UInt32>
    private var returnedCount = 0

    /// Reserves `blockCount` blocks. Memory is touched as blocks are written, so a pool costs what is used of it.
    /// - Throws: `ModelError` (`outOfMemory`) when there is no such memory.
    public init(layout: KVLayout, blockCount: Int) throws(ModelError) {
        (store, returned) = try ModelError.reserving("KV cache of \(blockCount) blocks") { () throws(TensorError) in
            (try KVStore(layout: layout, blockCount: blockCount), try AlignedBuffer(count: blockCount))
        }
        self.layout = layout
    }

    public var blockCount: Int { store.blockCount }
    /// Bytes reserved for keys and values.
    public var byteCount: Int { store.byteCount }
    /// Bytes that keeping account of blocks reserves.
    var accountBytes: Int { returned.byteCount }

    static func accountBytes(blockCount: Int) -> Int { blockCount * MemoryLayout<UInt32>.stride }

    var freeBlockCount: Int { returnedCount + blockCount - firstFresh }

    /// An empty sequence of at most `maxPositions` tokens. Its blocks come back when it goes.
    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for the list of its blocks.
    public func makeSequence(maxPositions: Int) throws(ModelError) -> KVSequence {
        try KVSequence(pool: self, maxPositions: max(maxPositions, 1))
    }

    /// Moves blocks from the pool to the end of a table, all or none.
    func take(_ count: Int, into table: UnsafeMutablePointer<UInt32>) throws(ModelError) {
        guard count <= freeBlockCount else {
            throw ModelError(
                .outOfMemory,
                "the KV cache of \(blockCount) blocks of \(KVLayout.blockTokens) tokens is full: "
                    + "\(count) more needed, \(freeBlockCount) free")
        }
        for index in 0..<count {
            if returnedCount > 0 {
                returnedCount -= 1
                table[index] = returned[returnedCount]
            } else {
                table[index] = UInt32(firstFresh)
                firstFresh += 1
            }
        }
    }

    func giveBack(_ blocks: UnsafeBufferPointer<UInt32>) {
        for block in blocks.reversed() {
            returned[returnedCount] = block
            returnedCount += 1
        }
    }
}
