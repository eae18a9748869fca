import TerseTensor

/// Runs a model: the thread team, the KV cache and the scratch memory for one forward pass at a time.
///
/// Belongs to one thread at a time. Every result is the same bit for bit whatever the team's size, the way a prompt is cut
/// into chunks and what else is in a batch. A pass allocates nothing.
public final class ModelRunner {
    public let model: Model
    public let team: ThreadTeam
    public let plan: MemoryPlan
    public let pool: BlockPool
    public let head: OutputHead
    /// Rows of hidden states wanted of the last pass.
    public private(set) var outputCount = 0

    let scratch: Scratch
    let activations: Activations
    let rotary: RotaryTable
    let attention: Attention
    /// Takes down one layer's attention in every pass, where it is set.
    public var capture: AttentionCapture?
    /// The most rows of a pass.
    public let maxRows: Int

    /// Takes all memory that running will need.
    ///
    /// - Throws: `ModelError`: `outOfMemory` when the budget or the system cannot hold it, with the numbers; `badRequest`
    ///   for options out of range.
    public init(_ model: Model, team: ThreadTeam, options: RunnerOptions = RunnerOptions()) throws(ModelError) {
        precondition(!model.isForeseen, "a model whose weights were not laid out")
        let plan = try MemoryPlan(model, options, threads: team.threadCount)
        let configuration = model.configuration
        let layout = try MemoryPlan.layout(configuration, options.kvType)
        pool = try BlockPool(layout: layout, blockCount: plan.kvBlockCount)
        (scratch, activations, rotary, attention) = try ModelError.reserving("scratch for \(options.maxRows) rows") {
            () throws(TensorError) in
            (
                try Scratch(configuration, rows: options.maxRows),
                try Activations(model.activationCapacity(rows: options.maxRows)),
                try RotaryTable(
                    inverseFrequencies: model.inverseFrequencies, attentionFactor: Double(model.attentionFactor),
                    maxRows: options.maxRows),
                try Attention(
                    layout: layout, queryHeads: configuration.headCount, maxRows: options.maxRows,
                    maxPositions: plan.contextLength, threads: team.threadCount)
            )
        }
        head = try OutputHead(model, maxRows: options.maxLogitRows, team: team)
        self.model = model
        self.team = team
        self.plan = plan
        maxRows = options.maxRows
    }

    /// Bytes reserved, without batches and sequences.
    var byteCount: Int {
        pool.byteCount + pool.accountBytes + scratch.byteCount + activations.byteCount + rotary.byteCount
            + attention.byteCount + head.byteCount
    }

    /// A runner with a team of its own: `threads` threads, by default one for each physical core that the process may use.
    public convenience init(
        _ model: Model, threads: Int?, options: RunnerOptions = RunnerOptions()
    ) throws(ModelError) {
        try self.init(model, team: ThreadTeam(threads: threads), options: options)
    }

    /// An empty batch for this runner.
    /// - Parameter tableBlocks: blocks of all sequences in it together that the caller keeps account of.
    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for it.
    public func makeBatch(tableBlocks: Int = 0) throws(ModelError) -> ForwardBatch {
        try ForwardBatch(
            maxRows: maxRows, vocabularySize: model.configuration.vocabularySize, pool: pool, tableBlocks: tableBlocks)
    }

    /// An empty sequence, as long as the context at most.
    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for the list of its blocks.
    public func makeSequence() throws(ModelError) -> KVSequence {
        try pool.makeSequence(maxPositions: plan.contextLength)
    }

    /// Runs the layers over the batch and empties it. Afterwards its sequences hold its tokens, and `hidden(_:)` the
    /// wanted rows.
    ///
    /// - Parameter isCancelled: asked before each layer; when it says so, the pass stops, the sequences are as before and
    ///   there are no outputs.
    /// - Returns: whether the pass was completed.
    @discardableResult
    public func forward(_ batch: ForwardBatch, isCancelled: () -> Bool = { false }) -> Bool {
        outputCount = 0
        guard !batch.isEmpty else { return true }
        rotary.prepare(batch.kv)
        embed(batch)
        let last = model.layers.count - 1
        for index in 0...last {
            guard !isCancelled() else {
                batch.removeAll()
                return false
            }
            if index < last {
                runLayer(model.layers[index], index, batch)
            } else {
                runLastLayer(model.layers[index], index, batch)
            }
        }
        outputCount = batch.outputCount
        batch.commit()
        return true
    }

    /// The final hidden state of output `index`, [hidden]; the states of later outputs follow. Valid until the next pass.
    public func hidden(_ index: Int) -> UnsafePointer<Float> {
        precondition(index >= 0 && index < outputCount, "output \(index) of \(outputCount)")
        return UnsafePointer(scratch.normed.pointer + index * model.configuration.hiddenSize)
    }

    /// The logits of outputs `first ..< first + count`, [count, vocabulary]; valid until the next call.
    /// - Parameter greatest: as `OutputHead.logits` has it.
    public func logits(first: Int = 0, count: Int = 1, greatest: Int? = nil) -> UnsafeMutableBufferPointer<Float> {
        precondition(
            count > 0 && first >= 0 && first + count <= outputCount, "outputs \(first)…+\(count) of \(outputCount)")
        return head.logits(hidden(first), rows: count, greatest: greatest)
    }

    /// Chooses a token from a row of `logits(first:count:)`, which it may change.
    /// - Throws: `ModelError` (`notFinite`) when the logits are not numbers.
    public func sample(
        _ logits: UnsafeMutableBufferPointer<Float>, with sampler: inout Sampler
    ) throws(ModelError) -> Int32 {
        try head.sample(logits, &sampler)
    }

    /// Chooses the token that follows output `index`.
    /// - Throws: `ModelError` (`notFinite`) when the logits are not numbers.
    public func sample(_ index: Int = 0, with sampler: inout Sampler) throws(ModelError) -> Int32 {
        try head.sample(hidden(index), &sampler)
    }

    private func embed(_ batch: ForwardBatch) {
        let hidden = model.configuration.hiddenSize
        let (embedding, tokens, residual) = (model.embedding, batch.tokens, scratch.residual.pointer)
        for row in 0..<batch.rowCount {
            VectorMath.dequantize(embedding, row: Int(tokens[row]), into: residual + row * hidden)
        }
    }
}
