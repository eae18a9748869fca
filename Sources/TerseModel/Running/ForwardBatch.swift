import TerseTensor

/// What one forward pass computes: rows, each a token at a position of a sequence. Prompt chunks and single tokens mix
/// freely; a row's result does not depend on the others.
///
/// Made by a runner for a number of rows; filling and emptying allocate nothing.
public final class ForwardBatch {
    /// Of which rows the hidden state is wanted.
    public enum Outputs: Sendable {
        case none
        case last
        case all
    }

    public let maxRows: Int
    private let vocabularySize: Int
    private unowned let pool: BlockPool
    let kv: KVBatch
    private let tokenBuffer: AlignedBuffer<Int32>
    private let outputBuffer: AlignedBuffer<Int32>
    private var sequences: [KVSequence] = []
    /// Blocks of the sequences that somebody else keeps account of, table after table.
    private let tables: AlignedBuffer<UInt32>
    private var tableCount = 0
    /// Rows whose hidden state is wanted: outputs, in the order of their rows.
    public private(set) var outputCount = 0

    init(maxRows: Int, vocabularySize: Int, pool: BlockPool, tableBlocks: Int) throws(ModelError) {
        self.maxRows = maxRows
        self.vocabularySize = vocabularySize
        self.pool = pool
        (kv, tokenBuffer, outputBuffer, tables) = try ModelError.reserving("a batch of \(maxRows) rows") {
            () throws(TensorError) in
            (
                try KVBatch(maxRows: maxRows), try AlignedBuffer(count: maxRows), try AlignedBuffer(count: maxRows),
                try AlignedBuffer(count: tableBlocks)
            )
        }
        sequences.reserveCapacity(maxRows)
    }

    /// Bytes that a batch of `maxRows` rows reserves.
    static func byteCount(maxRows: Int) -> Int {
        KVBatch.byteCount(maxRows: maxRows)
            + maxRows * (2 * MemoryLayout<Int32>.stride + MemoryLayout<KVSequence>.stride)
    }

    /// Bytes reserved.
    var byteCount: Int {
        kv.byteCount + tokenBuffer.byteCount + outputBuffer.byteCount + tables.byteCount
            + maxRows * MemoryLayout<KVSequence>.stride
    }

    public var rowCount: Int { kv.rows }
    public var isEmpty: Bool { kv.rows == 0 }
    /// The token of each row.
    var tokens: UnsafePointer<Int32> { UnsafePointer(tokenBuffer.pointer) }
    /// The row of each output.
    var outputRows: UnsafePointer<Int32> { UnsafePointer(outputBuffer.pointer) }

    /// Empties the batch; sequences forget rows that were not run.
    public func removeAll() {
        for sequence in sequences { sequence.unschedule() }
        clear()
    }

    /// Appends `tokens` at the end of `sequence`.
    ///
    /// - Throws: `ModelError`: `badRequest` for a token outside the vocabulary or more rows than fit; `outOfMemory` when
    ///   the sequence or the KV cache is full. Nothing was appended then.
    public func append(_ tokens: some Collection<Int32>, to sequence: KVSequence, outputs: Outputs) throws(ModelError) {
        precondition(sequence.belongs(to: pool), "a sequence of another pool")
        guard !tokens.isEmpty else { return }
        try check(tokens, from: sequence.scheduledCount)
        let position = try sequence.schedule(tokens.count)
        kv.append(
            position: position, count: tokens.count, blocks: sequence.blocks, blockCount: sequence.blockCount)
        sequences.append(sequence)
        add(tokens, outputs)
    }

    /// Appends `tokens` at successive positions of a sequence whose blocks the caller keeps account of.
    ///
    /// - Parameters:
    ///   - position: of the first, counted from 0; what stands before must be in the blocks, or in rows of this batch.
    ///   - blocks: element b is the block of positions 32·b … 32·b + 31; copied. Blocks that are written to stand in no
    ///     other table of the batch.
    /// - Throws: `ModelError` (`badRequest`) for a token outside the vocabulary or more rows than fit. Nothing was appended
    ///   then.
    public func append(
        _ tokens: some Collection<Int32>, at position: Int, blocks: some Collection<UInt32>, outputs: Outputs
    ) throws(ModelError) {
        guard !tokens.isEmpty else { return }
        try check(tokens, from: position)
        let count = KVLayout.blocks(forTokens: position + tokens.count)
        precondition(count <= blocks.count, "positions up to \(position + tokens.count) in \(blocks.count) blocks")
        precondition(count <= tables.count - tableCount, "\(count) more blocks in tables of \(tables.count)")
        let table = UnsafeMutableBufferPointer(start: tables.pointer + tableCount, count: count)
        _ = table.update(fromContentsOf: blocks.prefix(count))
        precondition(table.allSatisfy { $0 < pool.blockCount }, "a block beyond the \(pool.blockCount) of the pool")
        kv.append(
            position: position, count: tokens.count, blocks: tables.pointer + tableCount, blockCount: count)
        tableCount += count
        add(tokens, outputs)
    }

    private func check(_ tokens: some Collection<Int32>, from position: Int) throws(ModelError) {
        guard tokens.count <= maxRows - kv.rows else {
            throw ModelError(.badRequest, "\(tokens.count) more rows in a batch of \(kv.rows) of \(maxRows)")
        }
        for (index, token) in tokens.enumerated() where token < 0 || Int(token) >= vocabularySize {
            throw ModelError(
                .badRequest,
                "token at position \(position + index): expected an id from 0 to \(vocabularySize - 1), found \(token)")
        }
    }

    /// The rows are appended: these are their tokens.
    private func add(_ tokens: some Collection<Int32>, _ outputs: Outputs) {
        let first = kv.rows - tokens.count
        var row = first
        for token in tokens {
            tokenBuffer.pointer[row] = token
            row += 1
        }
        switch outputs {
        case .none: break
        case .last: addOutput(row - 1)
        case .all: for output in first..<row { addOutput(output) }
        }
    }

    private func addOutput(_ row: Int) {
        outputBuffer.pointer[outputCount] = Int32(row)
        outputCount += 1
    }

    /// The pass is over: the sequences hold the rows.
    func commit() {
        for sequence in sequences { sequence.commit() }
        clear()
    }

    private func clear() {
        kv.removeAll()
        sequences.removeAll(keepingCapacity: true)
        (outputCount, tableCount) = (0, 0)
    }
}
