import TerseTensor

/// What running a model takes, before anything is taken: exactly what a runner made with the same options reserves, with
/// one batch and the sequences that the options name.
public struct MemoryPlan: Sendable, Equatable {
    /// All weights in their encodings, mapped from the file or owned.
    public let weightBytes: Int
    public let kvBytesPerToken: Int
    /// Blocks of `KVLayout.blockTokens` tokens.
    public let kvBlockCount: Int
    /// Keys and values.
    public let kvBytes: Int
    /// What operations keep between each other at the largest batch, and the account of blocks.
    public let scratchBytes: Int
    /// Weights, keys and values, and scratch.
    public let totalBytes: Int
    /// The longest sequence.
    public let contextLength: Int

    /// - Throws: `ModelError`: `badRequest` for options out of range, `outOfMemory` when the options' budget cannot hold
    ///   it or sizes overflow, with the numbers.
    public init(_ model: Model, _ options: RunnerOptions = RunnerOptions(), threads: Int) throws(ModelError) {
        try options.validate()
        let configuration = model.configuration
        let context = options.contextLength(for: configuration)
        let layout = try Self.layout(configuration, options.kvType)
        let blocks = KVLayout.blocks(forTokens: context) * options.sequenceCount
        let scratch = try Self.scratchBytes(model, layout, options, contextLength: context, threads: threads)
        let (kv, kvOverflow) = blocks.multipliedReportingOverflow(by: layout.blockBytes)
        let (total, totalOverflow) = kv.addingReportingOverflow(model.weightBytes + scratch)
        guard !kvOverflow, !totalOverflow else {
            throw ModelError(
                .outOfMemory, "\(model.path): a KV cache of \(blocks) blocks of \(layout.blockBytes) bytes")
        }
        weightBytes = model.weightBytes
        kvBytesPerToken = layout.bytesPerToken
        kvBlockCount = blocks
        kvBytes = kv
        scratchBytes = scratch
        totalBytes = total
        contextLength = context
        guard let budget = options.memoryBudgetBytes, total > budget else { return }
        throw ModelError(
            .outOfMemory,
            "\(model.path): \(total) bytes of memory are needed (weights \(weightBytes), KV cache \(kv) for "
                + "\(options.sequenceCount) × \(context) tokens, scratch \(scratch)), \(budget) are allowed: shorten the "
                + "context, hold keys and values in 8 bits, or allow more")
    }

    static func layout(_ configuration: ModelConfiguration, _ type: KVType) throws(ModelError) -> KVLayout {
        do {
            return try KVLayout(
                type: type, layers: configuration.layerCount, kvHeads: configuration.kvHeadCount,
                headDimension: configuration.headDimension)
        } catch {
            throw ModelError(.badConfiguration, error.message)
        }
    }

    /// All but weights, keys and values.
    private static func scratchBytes(
        _ model: Model, _ layout: KVLayout, _ options: RunnerOptions, contextLength: Int, threads: Int
    ) throws(ModelError) -> Int {
        let configuration = model.configuration
        let attention: Int
        do {
            attention = try Attention.byteCount(
                layout: layout, queryHeads: configuration.headCount, maxRows: options.maxRows,
                maxPositions: contextLength, threads: threads)
        } catch {
            throw ModelError(.badConfiguration, error.message)
        }
        let table = KVSequence.byteCount(maxPositions: contextLength)
        let accounts =
            options.sequenceCount * table
            + BlockPool.accountBytes(
                blockCount: KVLayout.blocks(forTokens: contextLength) * options.sequenceCount)
        return attention + accounts + Scratch.byteCount(configuration, rows: options.maxRows)
            + model.activationCapacity(rows: options.maxRows).byteCount
            + RotaryTable.byteCount(pairs: model.inverseFrequencies.count, maxRows: options.maxRows)
            + OutputHead.byteCount(model, rows: options.maxLogitRows)
            + ForwardBatch.byteCount(maxRows: options.maxRows)
    }
}
