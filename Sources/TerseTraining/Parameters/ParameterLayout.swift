import TerseTensor

/// The parameters of a model and their places, in the order of the forward pass. Matrices that multiply the same inputs
/// (query, key and value; gate and up) lie one after another, so that one product serves them.
struct ParameterLayout: Sendable {
    /// In the order of their offsets.
    private(set) var parameters: [Parameter] = []
    /// Elements of all of them, the gaps between included.
    private(set) var count = 0

    /// Indices of the parameters of one layer.
    struct Layer: Sendable {
        var attentionNorm = 0
        /// Query, key and value.
        var qkv = 0..<0
        var attentionSubNorm: Int?
        var output = 0..<0
        var feedForwardNorm = 0
        /// Gate and up.
        var gateUp = 0..<0
        var feedForwardSubNorm: Int?
        var down = 0..<0
    }

    private(set) var embedding = 0
    private(set) var layers: [Layer] = []
    private(set) var outputNorm = 0
    /// The output head: the embedding where it is tied.
    private(set) var head = 0

    /// Elements between the starts of groups: 64 bytes of float32.
    private static let alignment = 16

    /// The parameters of `shape`, which must be valid.
    init(_ shape: ModelShape) {
        let (hidden, inner) = (shape.hiddenSize, shape.feedForwardSize)
        embedding = add("token_embd", .embedding, shape.vocabularySize, hidden)
        for index in 0..<shape.layerCount {
            let prefix = "blk.\(index)."
            var layer = Layer()
            layer.attentionNorm = add(prefix + "attn_norm", .norm, 1, hidden)
            layer.qkv = addProjections(
                [
                    (prefix + "attn_q", shape.querySize), (prefix + "attn_k", shape.kvSize),
                    (prefix + "attn_v", shape.kvSize),
                ],
                inputs: hidden)
            if shape.hasSubNorms { layer.attentionSubNorm = add(prefix + "attn_sub_norm", .norm, 1, shape.querySize) }
            layer.output = addProjections([(prefix + "attn_output", hidden)], inputs: shape.querySize)
            layer.feedForwardNorm = add(prefix + "ffn_norm", .norm, 1, hidden)
            layer.gateUp = addProjections([(prefix + "ffn_gate", inner), (prefix + "ffn_up", inner)], inputs: hidden)
            if shape.hasSubNorms { layer.feedForwardSubNorm = add(prefix + "ffn_sub_norm", .norm, 1, inner) }
            layer.down = addProjections([(prefix + "ffn_down", hidden)], inputs: inner)
            layers.append(layer)
        }
        outputNorm = add("output_norm", .norm, 1, hidden)
        head = shape.tiesEmbeddings ? embedding : add("output", .head, shape.vocabularySize, hidden)
    }

    /// The number of weights, gaps left out.
    var weightCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Matrices one after another, without gaps.
    private mutating func addProjections(_ matrices: [(name: String, outputs: Int)], inputs: Int) -> Range<Int> {
        let first = parameters.count
        for (name, outputs) in matrices {
            _ = add(name, .projection, outputs, inputs, follows: parameters.count > first)
        }
        return first..<parameters.count
    }

    private mutating func add(
        _ name: String, _ role: Parameter.Role, _ rows: Int, _ columns: Int, follows: Bool = false
    ) -> Int {
        if !follows { count = count.roundedUp(to: Self.alignment) }
        parameters.append(
            Parameter(name: name + ".weight", role: role, rows: rows, columns: columns, offset: count))
        count += rows * columns
        return parameters.count - 1
    }
}
