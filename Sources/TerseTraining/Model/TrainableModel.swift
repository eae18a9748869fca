import TerseTensor

/// A model in training: its weights, the activations of one batch, and the passes forward and backward.
///
/// A batch is B windows of T tokens, both fixed when the model is made. All memory is taken then. Results are the same
/// bit for bit for any number of threads.
final class TrainableModel<Scalar: TrainingScalar> {
    let shape: ModelShape
    /// Weights and gradients.
    let parameters: ParameterSet<Scalar>
    let team: ThreadTeam
    /// B
    let windows: Int
    /// T
    let tokensPerWindow: Int

    private let work: Workspace<Scalar>
    private let embedding: Embedding
    private let blocks: [TransformerBlock<Scalar>]
    private let outputNorm: RMSNorm
    private let head: LossHead
    /// Residual stream before each layer and after the last.  // layers + 1 times [B·T, C]
    private let residuals: [Region]
    /// Norm of the last residual stream.  // [B·T, C]
    private let normed: Region
    /// Gradient of the residual stream.  // [B·T, C]
    private let gradient: Region
    /// Losses of the last batch.  // [B·T]
    private let losses: AlignedBuffer<Double>
    private let recomputes: Bool

    /// Takes the memory of a model and its batches; weights are zero until they are initialised or read.
    ///
    /// - Parameters:
    ///   - windows: B, of a batch.
    ///   - tokensPerWindow: T, at most the shape's context length.
    ///   - recomputing: keeps only the residual stream between layers and runs each layer's forward pass again in the
    ///     backward pass: about a third more work for a fraction of the memory.
    /// - Throws: `TrainingError`: `invalid` for the shape or the batch, `system` for memory or OpenBLAS missing.
    init(
        _ shape: ModelShape, windows: Int, tokensPerWindow: Int, recomputing: Bool = false, team: ThreadTeam
    ) throws(TrainingError) {
        try shape.validate()
        try Self.check(shape, windows: windows, tokens: tokensPerWindow)
        let rows = windows * tokensPerWindow
        let layout = ParameterLayout(shape)
        var plan = ArenaPlan()
        let attention = Attention<Scalar>(
            &plan, shape, windows: windows, tokens: tokensPerWindow, threads: team.threadCount)
        let gradients = BlockGradients(&plan, shape, rows: rows)
        let shared = recomputing ? BlockBuffers(&plan, shape, rows: rows) : nil
        var blocks: [TransformerBlock<Scalar>] = []
        var residuals = [plan.reserve(rows, shape.hiddenSize)]
        for layer in layout.layers {
            let buffers = shared ?? BlockBuffers(&plan, shape, rows: rows)
            blocks.append(
                TransformerBlock(
                    &plan, layer, shape, rows: rows, attention: attention, buffers: buffers, gradients: gradients))
            residuals.append(plan.reserve(rows, shape.hiddenSize))
        }
        outputNorm = RMSNorm(
            &plan, weight: layout.outputNorm, rows: rows, columns: shape.hiddenSize, shape: shape, quantizes: false)
        head = LossHead(
            &plan, weight: layout.head, rows: rows, columns: shape.hiddenSize, vocabulary: shape.vocabularySize)
        normed = plan.reserve(rows, shape.hiddenSize)
        gradient = plan.reserve(rows, shape.hiddenSize)
        embedding = Embedding(weight: layout.embedding, columns: shape.hiddenSize)
        parameters = try ParameterSet(layout, isTernary: shape.isTernary)
        let integers: IntegerProducts?
        do {
            let widest = max(shape.hiddenSize, shape.querySize, shape.feedForwardSize)
            integers = parameters.packed == nil ? nil : try IntegerProducts(rows: rows, columns: widest)
            losses = try AlignedBuffer(count: rows)
        } catch { throw TrainingError(.system, error.message) }
        work = Workspace(
            arena: try Arena(plan), parameters: parameters, products: try MatrixProducts(team: team),
            integers: integers, team: team, rows: rows)
        attention.fillTables(base: Double(shape.rotaryBase), work.arena)
        self.shape = shape
        self.team = team
        self.windows = windows
        self.tokensPerWindow = tokensPerWindow
        self.blocks = blocks
        self.residuals = residuals
        recomputes = recomputing
    }

    /// B·T
    var rows: Int { work.rows }

    /// Bytes of activations and scratch.
    var activationBytes: Int { work.arena.byteCount + (work.integers?.byteCount ?? 0) }

    /// Runs a batch forward and backward and adds to the gradients.
    ///
    /// - Parameters:
    ///   - tokens: [B·T].
    ///   - targets: [B·T], the token that follows each; a negative one asks for nothing.
    ///   - weights: `factor` is usually 1 / (targets of the whole step), so that accumulated gradients are those of the
    ///     mean.
    /// - Returns: the sum of the losses in nats.
    /// - Throws: `TrainingError`: `invalid` for a token outside the vocabulary, `notFinite` for a loss that is no
    ///   number, after which the gradients mean nothing.
    func accumulate(
        tokens: [Int32], targets: [Int32], weights: TrainingMath<Scalar>.LossWeights
    ) throws(TrainingError) -> Double {
        let sum = try run(tokens: tokens, targets: targets, weights: weights)
        outputNorm.backward(x: residuals[blocks.count], dy: gradient, into: gradient, adding: false, work)
        for index in blocks.indices.reversed() {
            if recomputes { blocks[index].forward(residuals[index], into: residuals[index + 1], work) }
            blocks[index].backward(x: residuals[index], over: gradient, work)
        }
        tokens.withUnsafeBufferPointer { embedding.backward($0.baseAddress!, dx: gradient, work) }
        return sum
    }

    /// The loss of each row of a batch in nats, gradients left as they are; 0 where the target is negative.
    /// - Throws: as `accumulate`.
    func losses(tokens: [Int32], targets: [Int32]) throws(TrainingError) -> [Double] {
        _ = try run(tokens: tokens, targets: targets, weights: nil)
        return Array(losses.buffer)
    }

    /// The logits of all rows of a batch. [B·T, vocabulary]
    /// - Throws: `TrainingError` (`invalid`).
    func logits(tokens: [Int32]) throws(TrainingError) -> [Scalar] {
        try forward(tokens)
        var result: [Scalar] = []
        result.reserveCapacity(rows * shape.vocabularySize)
        for first in stride(from: 0, to: rows, by: head.rowsAtOnce) {
            let count = min(head.rowsAtOnce, rows - first)
            head.forward(normed, first: first, rows: count, work)
            result += UnsafeBufferPointer(start: work.arena[head.logits], count: count * shape.vocabularySize)
        }
        return result
    }

    /// Tokens → `normed`.
    private func forward(_ tokens: [Int32]) throws(TrainingError) {
        try check(tokens, "token", from: 0)
        parameters.prepare(team: team)
        tokens.withUnsafeBufferPointer { embedding.forward($0.baseAddress!, into: residuals[0], work) }
        for (index, block) in blocks.enumerated() {
            block.forward(residuals[index], into: residuals[index + 1], work)
        }
        outputNorm.forward(residuals[blocks.count], into: normed, work)
    }

    /// Tokens → losses; with `weights` also the gradient of `normed`.
    private func run(
        tokens: [Int32], targets: [Int32], weights: TrainingMath<Scalar>.LossWeights?
    ) throws(TrainingError) -> Double {
        try check(targets, "target", from: .min)
        try forward(tokens)
        targets.withUnsafeBufferPointer {
            head.run(
                normed, targets: $0.baseAddress!, losses: losses.pointer, weights: weights, dx: gradient, work)
        }
        let sum = losses.buffer.reduce(0, +)
        guard sum.isFinite else {
            let row = losses.buffer.firstIndex { !$0.isFinite } ?? 0
            throw TrainingError(
                .notFinite,
                "the loss of window \(row / tokensPerWindow), token \(row % tokensPerWindow) is \(losses[row])")
        }
        return sum
    }

    private func check(_ tokens: [Int32], _ what: String, from least: Int32) throws(TrainingError) {
        guard tokens.count == rows else {
            throw TrainingError(
                .invalid, "expected \(windows) windows of \(tokensPerWindow) \(what)s, found \(tokens.count)")
        }
        guard let row = tokens.firstIndex(where: { $0 < least || Int($0) >= shape.vocabularySize }) else { return }
        throw TrainingError(
            .invalid, "\(what) \(row): expected 0…\(shape.vocabularySize - 1), found \(tokens[row])")
    }

    private static func check(_ shape: ModelShape, windows: Int, tokens: Int) throws(TrainingError) {
        guard (1...shape.contextLength).contains(tokens) else {
            throw TrainingError(.invalid, "tokens of a window: expected 1…\(shape.contextLength), found \(tokens)")
        }
        guard (1...ModelShape.rowsMax / tokens).contains(windows) else {
            throw TrainingError(
                .invalid,
                "windows of \(tokens) tokens: expected 1…\(ModelShape.rowsMax / tokens), found \(windows)")
        }
    }
}
