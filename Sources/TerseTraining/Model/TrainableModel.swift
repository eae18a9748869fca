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
    /// Divergences from a teacher, forward ones of all rows, then reverse ones.  // [2, B·T]
    private let divergences: AlignedBuffer<Double>?
    private let relation: AttentionRelation<Scalar>?
    private let distillationPlan: DistillationPlan?
    private let recomputes: Bool

    /// Takes the memory of a model and its batches; weights are zero until they are initialised or read.
    ///
    /// - Parameters:
    ///   - windows: B, of a batch.
    ///   - tokensPerWindow: T, at most the shape's context length.
    ///   - recomputing: keeps only the residual stream between layers and runs each layer's forward pass again in the
    ///     backward pass: about a third more work for a fraction of the memory.
    ///   - distilling: what there must be room for to learn from a teacher.
    ///   - precision: of products.
    /// - Throws: `TrainingError`: `invalid` for the shape or the batch, `system` for memory or OpenBLAS missing.
    init(
        _ shape: ModelShape, windows: Int, tokensPerWindow: Int, recomputing: Bool = false,
        distilling: DistillationPlan? = nil, precision: TrainingPrecision = TrainingPrecision(), team: ThreadTeam
    ) throws(TrainingError) {
        try shape.validate()
        try distilling?.validate(shape)
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
            &plan, weight: layout.head, rows: rows, columns: shape.hiddenSize, vocabulary: shape.vocabularySize,
            learnsFromTeacher: distilling?.usesLogits == true)
        relation = try distilling?.relation.map { asked throws(TrainingError) in
            try AttentionRelation(&plan, attention: attention, asked, team: team)
        }
        normed = plan.reserve(rows, shape.hiddenSize)
        gradient = plan.reserve(rows, shape.hiddenSize)
        embedding = Embedding(weight: layout.embedding, columns: shape.hiddenSize)
        parameters = try ParameterSet(layout, isTernary: shape.isTernary)
        do {
            losses = try AlignedBuffer(count: rows)
            divergences = distilling?.usesLogits == true ? try AlignedBuffer(count: 2 * rows) : nil
        } catch { throw TrainingError(.system, error.message) }
        work = try Self.workspace(plan, parameters, shape, rows: rows, precision: precision, team: team)
        attention.fillTables(base: Double(shape.rotaryBase), work.arena)
        self.shape = shape
        self.team = team
        self.windows = windows
        self.tokensPerWindow = tokensPerWindow
        self.blocks = blocks
        self.residuals = residuals
        recomputes = recomputing
        distillationPlan = distilling
    }

    private static func workspace(
        _ plan: ArenaPlan, _ parameters: ParameterSet<Scalar>, _ shape: ModelShape, rows: Int,
        precision: TrainingPrecision, team: ThreadTeam
    ) throws(TrainingError) -> Workspace<Scalar> {
        let products = try MatrixProducts<Scalar>(
            team: team, precision: precision.products,
            rightFactors: rightFactors(shape, rows: rows))
        return Workspace(
            arena: try Arena(plan), parameters: parameters, products: products,
            integers: try integers(parameters, shape, rows: rows, bits: precision.gradients, team: team), team: team,
            rows: rows)
    }

    /// Sizes that no right factor of a product exceeds: of a layer forward, of its weights' and of its inputs' gradient,
    /// and of the head.
    private static func rightFactors(_ shape: ModelShape, rows: Int) -> [(k: Int, n: Int)] {
        let width = max(shape.hiddenSize, shape.querySize + 2 * shape.kvSize, 2 * shape.feedForwardSize)
        let (hidden, vocabulary) = (shape.hiddenSize, shape.vocabularySize)
        return [(width, width), (rows, width), (hidden, vocabulary), (vocabulary, hidden)]
    }

    /// Products in whole numbers, for ternary models in float32.
    private static func integers(
        _ parameters: ParameterSet<Scalar>, _ shape: ModelShape, rows: Int, bits: FixedPointProducts.GradientBits,
        team: ThreadTeam
    ) throws(TrainingError) -> IntegerProducts? {
        guard shape.isTernary, let floats = parameters as? ParameterSet<Float> else { return nil }
        return try IntegerProducts(floats, shape, rows: rows, bits: bits, team: team)
    }

    /// B·T
    var rows: Int { work.rows }

    /// Bytes of activations and scratch.
    var activationBytes: Int { work.arena.byteCount + (work.integers?.byteCount ?? 0) + work.products.byteCount }

    /// Runs a batch forward and backward and adds to the gradients.
    ///
    /// - Parameters:
    ///   - tokens: [B·T].
    ///   - targets: [B·T], the token that follows each; a negative one asks for nothing.
    ///   - weights: `factor` is usually 1 / (targets of the whole step), so that accumulated gradients are those of the
    ///     mean.
    ///   - lesson: what the teacher says of the batch, in a model made for one.
    /// - Returns: the sum of the losses in nats, and those from the teacher.
    /// - Throws: `TrainingError`: `invalid` for a token outside the vocabulary, `notFinite` for a loss that is no
    ///   number, after which the gradients mean nothing.
    @discardableResult
    func accumulate(
        tokens: [Int32], targets: [Int32], weights: TrainingMath<Scalar>.LossWeights, lesson: Lesson<Scalar>? = nil
    ) throws(TrainingError) -> (nats: Double, taught: DistillationLosses) {
        let nats = try run(tokens: tokens, targets: targets, weights: weights, lesson: lesson)
        var taught = DistillationLosses()
        taught.attention = propagate(tokens, lesson, factor: weights.factor)
        if let divergences, lesson?.fill != nil {
            taught.forward = divergences.buffer[..<rows].reduce(0, +)
            taught.reverse = divergences.buffer[rows...].reduce(0, +)
        }
        guard taught.forward.isFinite, taught.reverse.isFinite, taught.attention.isFinite else {
            throw TrainingError(
                .notFinite,
                "the losses from the teacher: forward \(taught.forward), reverse \(taught.reverse), attention \(taught.attention)"
            )
        }
        return (nats, taught)
    }

    /// The gradient of `normed` → those of all weights.
    /// - Returns: the loss of attention's relations, 0 where none is learned.
    private func propagate(_ tokens: [Int32], _ lesson: Lesson<Scalar>?, factor: Double) -> Double {
        var relationLoss = 0.0
        outputNorm.backward(x: residuals[blocks.count], dy: gradient, into: gradient, adding: false, work)
        for index in blocks.indices.reversed() {
            if recomputes { blocks[index].forward(residuals[index], into: residuals[index + 1], work) }
            relationLoss += blocks[index].backward(
                x: residuals[index], over: gradient, task: task(index, lesson, factor: factor), work)
        }
        tokens.withUnsafeBufferPointer { embedding.backward($0.baseAddress!, dx: gradient, work) }
        return relationLoss
    }

    /// What layer `index` learns of relations. The loss is a mean over tokens, and `factor` is for each row.
    private func task(_ index: Int, _ lesson: Lesson<Scalar>?, factor: Double) -> RelationTask<Scalar>? {
        guard let lesson, let states = lesson.states, let relation, distillationPlan?.relation?.layer == index else {
            return nil
        }
        return RelationTask(
            relation: relation, states: states, factor: factor * Double(tokensPerWindow) * lesson.weights.attention)
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
        tokens: [Int32], targets: [Int32], weights: TrainingMath<Scalar>.LossWeights?, lesson: Lesson<Scalar>? = nil
    ) throws(TrainingError) -> Double {
        try check(targets, "target", from: .min)
        try forward(tokens)
        targets.withUnsafeBufferPointer {
            head.run(
                normed, targets: $0.baseAddress!, losses: losses.pointer, weights: weights, lesson: lesson,
                divergences: divergences?.pointer, dx: gradient, work)
        }
        let sum = losses.buffer.reduce(0, +)
        guard sum.isFinite else {
            let row = losses.buffer.firstIndex { !$0.isFinite } ?? 0
            throw TrainingError(
                .notFinite,
                "the loss of window \(row / tokensPerWindow), token \(row % tokensPerWindow) is \(losses[row]); "
                    + firstNotFinite)
        }
        return sum
    }

    /// Where numbers first cease to be finite on the way through the model.
    private var firstNotFinite: String {
        func isFinite(_ values: UnsafePointer<Scalar>, _ count: Int) -> Bool {
            (0..<count).allSatisfy { values[$0].isFinite }
        }
        for (index, parameter) in parameters.layout.parameters.enumerated()
        where !isFinite(parameters.weight(index), parameter.count) {
            return "the tensor \(parameter.name) holds what is not finite"
        }
        for (index, region) in residuals.enumerated() where !isFinite(work.arena[region], region.count) {
            return index == 0 ? "the embeddings are not finite" : "layer \(index - 1) is the first that is not finite"
        }
        return "the outputs of all layers are finite, the logits are not"
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
