import TerseTensor

/// The memory for keys and values of all sequences, in blocks of 32 tokens, taken once.
///
/// Belongs to one thread at a time, as do its sequences.
public final class BlockPool {
    public let layout: KVLayout
    let store: KVStore
    /// Blocks that no sequence holds; the last is taken next.
    private var free: [UInt32]

    /// Reserves `blockCount` blocks. Memory is touched as blocks are written.
    /// - Throws: `ModelError` (`outOfMemory`) when there is no such memory.
    public init(layout: KVLayout, blockCount: Int) throws(ModelError) {
        do {
            store = try KVStore(layout: layout, blockCount: blockCount)
        } catch {
            throw ModelError(.outOfMemory, "KV cache of \(blockCount) blocks: \(error.message)")
        }
        self.layout = layout
        // Low blocks first: a short sequence touches few pages.
        free = (0..<UInt32(blockCount)).reversed()
    }

    public var blockCount: Int { store.blockCount }
    public var freeBlockCount: Int { free.count }
    /// Bytes reserved.
    public var byteCount: Int { store.byteCount }

    /// An empty sequence of at most `maxPositions` tokens. Its blocks come back when it goes.
    public func makeSequence(maxPositions: Int) -> KVSequence {
        KVSequence(pool: self, maxPositions: max(maxPositions, 1))
    }

    /// Moves blocks from the pool to the end of a table, all or none.
    func take(_ count: Int, into table: UnsafeMutablePointer<UInt32>) throws(ModelError) {
        guard count <= free.count else {
            throw ModelError(
                .outOfMemory,
                "the KV cache of \(blockCount) blocks of \(KVLayout.blockTokens) tokens is full: "
                    + "\(count) more needed, \(free.count) free")
        }
        for index in 0..<count { table[index] = free.removeLast() }
    }

    func giveBack(_ blocks: UnsafeBufferPointer<UInt32>) {
        for block in blocks.reversed() { free.append(block) }
    }
}
