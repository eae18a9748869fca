import TerseTensor

/// What running a model takes, before anything is taken: exactly what a runner made with the same options reserves.
public struct MemoryPlan: Sendable, Equatable {
    /// All weights in their encodings, mapped from the file or owned.
    public let weightBytes: Int
    public let kvBytesPerToken: Int
    /// Blocks of `KVLayout.blockTokens` tokens.
    public let kvBlockCount: Int
    public let kvBytes: Int
    /// What operations keep between each other, at the largest batch.
    public let scratchBytes: Int
    /// The longest sequence.
    public let contextLength: Int

    public var totalBytes: Int { weightBytes + kvBytes + scratchBytes }

    /// - Throws: `ModelError`: `badRequest` for options out of range, `outOfMemory` when sizes overflow.
    public init(_ model: Model, _ options: RunnerOptions = RunnerOptions(), threads: Int) throws(ModelError) {
        try options.validate()
        let configuration = model.configuration
        contextLength = options.contextLength(for: configuration)
        let layout = try Self.layout(configuration, options.kvType)
        let blocks = KVLayout.blocks(forTokens: contextLength) * options.sequenceCount
        let (bytes, overflow) = blocks.multipliedReportingOverflow(by: layout.blockBytes)
        guard !overflow else {
            throw ModelError(.outOfMemory, "a KV cache of \(blocks) blocks of \(layout.blockBytes) bytes")
        }
        weightBytes = model.weightBytes
        kvBytesPerToken = layout.bytesPerToken
        kvBlockCount = blocks
        kvBytes = bytes
        scratchBytes =
            Scratch.byteCount(configuration, rows: options.maxRows)
            + Self.activationBytes(model, rows: options.maxRows)
            + (try Self.attentionBytes(
                configuration, layout, options, contextLength: contextLength, threads: threads))
            + options.maxRows * configuration.headDimension * MemoryLayout<Float>.stride  // rotary sines and cosines
            + OutputHead.byteCount(model, rows: options.maxLogitRows)
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

    /// Quantised inputs of the layers' products, in each scheme that they use.
    private static func activationBytes(_ model: Model, rows: Int) -> Int {
        var columns: [ActivationScheme: Int] = [:]
        for layer in model.layers {
            for projection in [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down] {
                let scheme = model.scheme(for: projection.weights)
                columns[scheme] = max(columns[scheme] ?? 0, projection.weights.columns)
            }
        }
        return columns.reduce(0) { $0 + Activations.byteCount(rows: rows, columns: $1.value, scheme: $1.key) }
    }

    private static func attentionBytes(
        _ configuration: ModelConfiguration, _ layout: KVLayout, _ options: RunnerOptions, contextLength: Int,
        threads: Int
    ) throws(ModelError) -> Int {
        do {
            return try Attention(
                layout: layout, queryHeads: configuration.headCount, maxRows: options.maxRows,
                maxPositions: contextLength, threads: threads
            ).scratchBytes
        } catch {
            throw ModelError(.outOfMemory, error.message)
        }
    }
}
