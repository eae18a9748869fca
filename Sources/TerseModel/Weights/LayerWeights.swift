import TerseTensor

/// The weights of one layer, found and checked at load.
struct LayerWeights: Sendable {
    /// A matrix and what is added to its product.
    struct Projection: Sendable {
        var weights: WeightMatrix
        let bias: FloatVector?
    }

    let attentionNorm: FloatVector
    var query: Projection
    var key: Projection
    var value: Projection
    /// Norms of each query and key head.
    let queryNorm: FloatVector?
    let keyNorm: FloatVector?
    /// Norm before the output projection.
    let attentionSubNorm: FloatVector?
    var output: Projection
    let feedForwardNorm: FloatVector
    var gate: Projection
    var up: Projection
    /// Norm before the down projection.
    let feedForwardSubNorm: FloatVector?
    var down: Projection

    /// All of them.
    static var projections: [WritableKeyPath<LayerWeights, Projection>] {
        [\.query, \.key, \.value, \.output, \.gate, \.up, \.down]
    }

    init(_ source: inout WeightSource, layer: Int, _ configuration: ModelConfiguration) throws(ModelError) {
        let prefix = "blk.\(layer)."
        let (hidden, inner) = (configuration.hiddenSize, configuration.feedForwardSize)
        let (queries, kv) = (configuration.querySize, configuration.kvSize)
        let biased = configuration.requiresInputBiases
        attentionNorm = try source.vector(prefix + "attn_norm.weight", count: hidden)
        query = try Self.projection(&source, prefix + "attn_q", hidden, queries, requiresBias: biased)
        key = try Self.projection(&source, prefix + "attn_k", hidden, kv, requiresBias: biased)
        value = try Self.projection(&source, prefix + "attn_v", hidden, kv, requiresBias: biased)
        output = try Self.projection(&source, prefix + "attn_output", queries, hidden)
        feedForwardNorm = try source.vector(prefix + "ffn_norm.weight", count: hidden)
        gate = try Self.projection(&source, prefix + "ffn_gate", hidden, inner)
        up = try Self.projection(&source, prefix + "ffn_up", hidden, inner)
        down = try Self.projection(&source, prefix + "ffn_down", inner, hidden)
        if configuration.hasHeadNorms {
            queryNorm = try source.vector(prefix + "attn_q_norm.weight", count: configuration.headDimension)
            keyNorm = try source.vector(prefix + "attn_k_norm.weight", count: configuration.headDimension)
        } else {
            queryNorm = nil
            keyNorm = nil
        }
        if configuration.hasSubNorms {
            attentionSubNorm = try source.vector(prefix + "attn_sub_norm.weight", count: queries)
            feedForwardSubNorm = try source.vector(prefix + "ffn_sub_norm.weight", count: inner)
        } else {
            attentionSubNorm = nil
            feedForwardSubNorm = nil
        }
    }

    private static func projection(
        _ source: inout WeightSource, _ name: String, _ columns: Int, _ rows: Int, requiresBias: Bool = false
    ) throws(ModelError) -> Projection {
        let weights = try source.matrix(name + ".weight", columns: columns, rows: rows)
        let bias =
            requiresBias
            ? try source.vector(name + ".bias", count: rows) : try source.optionalVector(name + ".bias", count: rows)
        return Projection(weights: .rows(weights), bias: bias)
    }
}
