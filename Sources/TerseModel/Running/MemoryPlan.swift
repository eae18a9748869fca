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
        let blocks = options.kvBlockCount ?? KVLayout.blocks(forTokens: context) * options.sequenceCount
        let scratch = try Self.scratchBytes(
            model, layout, options, contextLength: context, blocks: blocks, threads: threads)
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
                + "\(Self.extent(options, context)) tokens, scratch \(scratch)), \(budget) are allowed: shorten the "
                + "context, hold keys and values in 8 bits, or allow more")
    }

    /// Tokens of the KV cache, in words.
    private static func extent(_ options: RunnerOptions, _ context: Int) -> String {
        options.kvBlockCount.map { "\($0 * KVLayout.blockTokens)" } ?? "\(options.sequenceCount) × \(context)"
    }

    /// The most blocks of keys and values with which all that a runner takes stays within a budget.
    ///
    /// - Parameters:
    ///   - budgetBytes: for weights, keys and values, and scratch.
    ///   - accountBytes: what the caller keeps for each block beside.
    /// - Throws: `ModelError`: `badRequest` for options out of range, `outOfMemory` when not one block fits, with the numbers.
    public static func kvBlockCount(
        within budgetBytes: Int, _ model: Model, _ options: RunnerOptions, threads: Int, accountBytes: Int
    ) throws(ModelError) -> Int {
        var least = options
        (least.kvBlockCount, least.memoryBudgetBytes) = (1, budgetBytes)
        let plan = try MemoryPlan(model, least, threads: threads)
        let perBlock = plan.kvBytes + BlockPool.accountBytes(blockCount: 1) + accountBytes
        return min(1 + (budgetBytes - plan.totalBytes) / perBlock, RunnerOptions.kvBlockCountMax)
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
        _ model: Model, _ layout: KVLayout, _ options: RunnerOptions, contextLength: Int, blocks: Int,
        threads: Int
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
            + BlockPool.accountBytes(blockCount: blocks)
        return attention + accounts + Scratch.byteCount(configuration, rows: options.maxRows)
            + model.activationCapacity(rows: options.maxRows).byteCount
            + RotaryTable.byteCount(pairs: model.inverseFrequencies.count, maxRows: options.maxRows)
            + OutputHead.byteCount(model, rows: options.maxLogitRows)
            + ForwardBatch.byteCount(maxRows: options.maxRows)
    }
}
