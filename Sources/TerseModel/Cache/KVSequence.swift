import TerseTensor

/// One sequence's keys and values: the blocks that hold them, and how many tokens are in.
public final class KVSequence {
    /// The most tokens that this sequence may come to.
    public let maxPositions: Int
    /// Tokens whose keys and values are in the cache.
    public private(set) var count = 0
    /// `count` and the tokens of a batch that is being put together.
    private(set) var scheduledCount = 0
    private let pool: BlockPool
    /// Element b is the block of positions 32·b … 32·b + 31.
    private let table: AlignedBuffer<UInt32>
    private(set) var blockCount = 0

    init(pool: BlockPool, maxPositions: Int) throws(ModelError) {
        self.pool = pool
        self.maxPositions = maxPositions
        table = try ModelError.reserving("blocks of a sequence of \(maxPositions) tokens") { () throws(TensorError) in
            try AlignedBuffer(count: KVLayout.blocks(forTokens: maxPositions))
        }
    }

    /// Bytes that the list of a sequence's blocks reserves.
    static func byteCount(maxPositions: Int) -> Int {
        KVLayout.blocks(forTokens: maxPositions) * MemoryLayout<UInt32>.stride
    }

    /// Bytes reserved.
    var byteCount: Int { table.byteCount }

    deinit { releaseBlocks(from: 0) }

    var blocks: UnsafePointer<UInt32> { UnsafePointer(table.pointer) }

    func belongs(to other: BlockPool) -> Bool { pool === other }

    /// Makes room for `tokens` tokens in all.
    /// - Throws: `ModelError` (`outOfMemory`) when that is more than `maxPositions` or the pool has too few blocks left;
    ///   nothing has changed then.
    public func reserve(_ tokens: Int) throws(ModelError) {
        guard tokens <= maxPositions else {
            throw ModelError(.outOfMemory, "a sequence of \(tokens) tokens in a context of \(maxPositions)")
        }
        let needed = KVLayout.blocks(forTokens: tokens)
        guard needed > blockCount else { return }
        try pool.take(needed - blockCount, into: table.pointer + blockCount)
        blockCount = needed
    }

    /// Forgets all tokens from position `count` on.
    public func truncate(to count: Int) {
        guard count < self.count else { return }
        self.count = max(count, 0)
        scheduledCount = self.count
        releaseBlocks(from: KVLayout.blocks(forTokens: self.count))
    }

    /// Takes `tokens` more positions for a batch and returns the first.
    func schedule(_ tokens: Int) throws(ModelError) -> Int {
        try reserve(scheduledCount + tokens)
        defer { scheduledCount += tokens }
        return scheduledCount
    }

    /// The batch was dropped.
    func unschedule() { scheduledCount = count }

    /// The batch was run: its tokens are in.
    func commit() { count = scheduledCount }

    private func releaseBlocks(from first: Int) {
        guard first < blockCount else { return }
        pool.giveBack(UnsafeBufferPointer(start: table.pointer + first, count: blockCount - first))
        blockCount = first
    }
}
