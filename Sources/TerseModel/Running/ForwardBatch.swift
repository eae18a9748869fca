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
    /// Rows whose hidden state is wanted: outputs, in the order of their rows.
    public private(set) var outputCount = 0

    init(maxRows: Int, vocabularySize: Int, pool: BlockPool) throws(ModelError) {
        self.maxRows = maxRows
        self.vocabularySize = vocabularySize
        self.pool = pool
        (kv, tokenBuffer, outputBuffer) = try ModelError.reserving("a batch of \(maxRows) rows") {
            () throws(TensorError) in
            (try KVBatch(maxRows: maxRows), try AlignedBuffer(count: maxRows), try AlignedBuffer(count: maxRows))
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
        kv.byteCount + tokenBuffer.byteCount + outputBuffer.byteCount + maxRows * MemoryLayout<KVSequence>.stride
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
        let first = kv.rows
        guard !tokens.isEmpty else { return }
        guard tokens.count <= maxRows - first else {
            throw ModelError(.badRequest, "\(tokens.count) more rows in a batch of \(first) of \(maxRows)")
        }
        for (index, token) in tokens.enumerated() where token < 0 || Int(token) >= vocabularySize {
            throw ModelError(
                .badRequest,
                "token at position \(sequence.scheduledCount + index): expected an id from 0 to \(vocabularySize - 1), "
                    + "found \(token)")
        }
        let position = try sequence.schedule(tokens.count)
        kv.append(
            position: position, count: tokens.count, blocks: sequence.blocks, blockCount: sequence.blockCount)
        sequences.append(sequence)
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
        outputCount = 0
    }
}
