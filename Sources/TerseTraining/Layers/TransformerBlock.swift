import TerseTensor

/// One layer: attention, then the gated feed-forward part, each reading a norm of the residual stream and adding to it.
struct TransformerBlock<Scalar: TrainingScalar> {
    private let attentionNorm: RMSNorm
    private let qkv: Linear
    private let attention: Attention<Scalar>
    private let attentionSubNorm: RMSNorm?
    private let output: Linear
    private let feedForwardNorm: RMSNorm
    private let gateUp: Linear
    private let gate: Gate
    private let feedForwardSubNorm: RMSNorm?
    private let down: Linear
    private let buffers: BlockBuffers
    private let gradients: BlockGradients
    /// C
    private let columns: Int

    init(
        _ plan: inout ArenaPlan, _ layer: ParameterLayout.Layer, _ shape: ModelShape, rows: Int,
        attention: Attention<Scalar>, buffers: BlockBuffers, gradients: BlockGradients
    ) {
        let (hidden, inner) = (shape.hiddenSize, shape.feedForwardSize)
        func norm(_ weight: Int, _ columns: Int) -> RMSNorm {
            RMSNorm(
                &plan, weight: weight, rows: rows, columns: columns, shape: shape, quantizes: shape.isTernary)
        }
        attentionNorm = norm(layer.attentionNorm, hidden)
        qkv = Linear(matrices: layer.qkv, inputs: hidden, outputs: shape.querySize + 2 * shape.kvSize)
        self.attention = attention
        attentionSubNorm = layer.attentionSubNorm.map { norm($0, shape.querySize) }
        output = Linear(matrices: layer.output, inputs: shape.querySize, outputs: hidden)
        feedForwardNorm = norm(layer.feedForwardNorm, hidden)
        gateUp = Linear(matrices: layer.gateUp, inputs: hidden, outputs: 2 * inner)
        gate = Gate(activation: shape.activation, columns: inner)
        feedForwardSubNorm = layer.feedForwardSubNorm.map { norm($0, inner) }
        down = Linear(matrices: layer.down, inputs: inner, outputs: hidden)
        self.buffers = buffers
        self.gradients = gradients
        columns = hidden
    }

    func forward(
        _ x: Region,  // [B·T, C]
        into y: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        attentionNorm.forward(x, into: buffers.attentionInput, work)
        qkv.forward(buffers.attentionInput, into: buffers.qkv, work)
        attention.forward(buffers.qkv, into: buffers.attended, logSums: buffers.logSums, work)
        attentionSubNorm?.forward(buffers.attended, into: buffers.outputInput, work)
        output.forward(buffers.outputInput, into: gradients.branch, work)
        add(x, gradients.branch, into: buffers.middle, work)

        feedForwardNorm.forward(buffers.middle, into: buffers.feedForwardInput, work)
        gateUp.forward(buffers.feedForwardInput, into: buffers.gateUp, work)
        gate.forward(buffers.gateUp, into: buffers.gated, work)
        feedForwardSubNorm?.forward(buffers.gated, into: buffers.downInput, work)
        down.forward(buffers.downInput, into: gradients.branch, work)
        add(buffers.middle, gradients.branch, into: y, work)
    }

    /// Turns the gradient of the layer's result into that of its input; uses up what `forward` kept.
    /// - Parameter task: adds the gradient of a loss on the layer's queries, keys and values.
    /// - Returns: that loss, 0 without a task.
    func backward(
        x: Region,  // [B·T, C]
        over dy: Region,  // [B·T, C], becomes dx
        task: RelationTask<Scalar>?, _ work: Workspace<Scalar>
    ) -> Double {
        let (dinner, dqkv, dnormed) = (gradients.inner, gradients.qkv, gradients.branch)
        down.backward(x: buffers.downInput, dy: dy, into: dinner, work)
        feedForwardSubNorm?.backward(x: buffers.gated, dy: dinner, into: dinner, adding: false, work)
        gate.backward(dy: dinner, over: buffers.gateUp, work)
        gateUp.backward(x: buffers.feedForwardInput, dy: buffers.gateUp, into: dnormed, work)
        feedForwardNorm.backward(x: buffers.middle, dy: dnormed, into: dy, adding: true, work)

        output.backward(x: buffers.outputInput, dy: dy, into: gradients.attended, work)
        attentionSubNorm?.backward(
            x: buffers.attended, dy: gradients.attended, into: gradients.attended, adding: false, work)
        attention.backward(
            qkv: buffers.qkv, y: buffers.attended, logSums: buffers.logSums, dy: gradients.attended, into: dqkv, work)
        let loss =
            task.map { task in
                task.relation.backward(
                    qkv: buffers.qkv, teacher: task.states, factor: task.factor, addingTo: dqkv, work)
            } ?? 0
        qkv.backward(x: buffers.attentionInput, dy: dqkv, into: dnormed, work)
        attentionNorm.backward(x: x, dy: dnormed, into: dy, adding: true, work)
        return loss
    }

    /// All [B·T, C].
    private func add(_ x: Region, _ branch: Region, into y: Region, _ work: Workspace<Scalar>) {
        TrainingMath.add(
            work.arena[x], work.arena[branch], count: work.rows * columns, into: work.arena[y], team: work.team)
    }
}

/// What the forward pass of a layer keeps for its backward pass. Layers whose forward pass is run again share one.
struct BlockBuffers {
    /// Norm of the layer's input.  // [B·T, C]
    let attentionInput: Region
    /// Queries, keys and values.  // [B·T, (H + 2G)·D]
    let qkv: Region
    /// Result of attention.  // [B·T, H·D]
    let attended: Region
    /// log Σ exp of its scores.  // [B·T, H]
    let logSums: Region
    /// Norm of `attended`, or itself where there is no norm.  // [B·T, H·D]
    let outputInput: Region
    /// Residual stream after attention.  // [B·T, C]
    let middle: Region
    /// Norm of it.  // [B·T, C]
    let feedForwardInput: Region
    /// Gate and up.  // [B·T, 2F]
    let gateUp: Region
    /// act(gate) · up.  // [B·T, F]
    let gated: Region
    /// Norm of `gated`, or itself where there is no norm.  // [B·T, F]
    let downInput: Region

    init(_ plan: inout ArenaPlan, _ shape: ModelShape, rows: Int) {
        let (hidden, inner) = (shape.hiddenSize, shape.feedForwardSize)
        attentionInput = plan.reserve(rows, hidden)
        qkv = plan.reserve(rows, shape.querySize + 2 * shape.kvSize)
        attended = plan.reserve(rows, shape.querySize)
        logSums = plan.reserve(rows, shape.headCount)
        outputInput = shape.hasSubNorms ? plan.reserve(rows, shape.querySize) : attended
        middle = plan.reserve(rows, hidden)
        feedForwardInput = plan.reserve(rows, hidden)
        gateUp = plan.reserve(rows, 2 * inner)
        gated = plan.reserve(rows, inner)
        downInput = shape.hasSubNorms ? plan.reserve(rows, inner) : gated
    }
}

/// Gradients on their way through a layer, shared by all layers.
struct BlockGradients {
    /// Of a norm; in the forward pass what a part of the layer adds to the residual stream.  // [B·T, C]
    let branch: Region
    /// [B·T, (H + 2G)·D]
    let qkv: Region
    /// [B·T, H·D]
    let attended: Region
    /// [B·T, F]
    let inner: Region

    init(_ plan: inout ArenaPlan, _ shape: ModelShape, rows: Int) {
        branch = plan.reserve(rows, shape.hiddenSize)
        qkv = plan.reserve(rows, shape.querySize + 2 * shape.kvSize)
        attended = plan.reserve(rows, shape.querySize)
        inner = plan.reserve(rows, shape.feedForwardSize)
    }
}
