import TerseTensor

/// How the tokens of a window stand to each other in a layer, as the teacher has it (MiniLMv2, arXiv:2012.15828; BitNet
/// Distillation, arXiv:2510.13998): with A the queries, the keys or the values of all heads side by side, cut anew into
/// R heads of d elements, the relation of a head is softmax(A · Aᵀ / √d), and the loss the mean over heads and tokens of
/// KL(teacher ‖ student), the three kinds added. Number and width of heads may differ between the two.
///
/// A is what the projections give, before rotation: what positions add to the products is the same for both.
struct AttentionRelation<Scalar: TrainingScalar> {
    private let attention: Attention<Scalar>
    /// In full precision whatever the others have: a softmax and a large weight follow.
    private let products: MatrixProducts<Scalar>
    /// R
    private let heads: Int
    /// Queries, keys and values before rotation.  // [B·T, (H + 2G)·D]
    private let states: Region
    /// A of one window and head, student's and teacher's, and the gradient of the former.  // [T, d]
    private let student: Region
    private let teacher: Region
    private let gradient: Region
    /// Its products with itself.  // [T, T]
    private let scores: Region
    /// The teacher's, then the gradient of `scores`.  // [T, T]
    private let taught: Region

    /// Room for what is asked of one layer.
    /// - Throws: `TrainingError` (`system`).
    init(
        _ plan: inout ArenaPlan, attention: Attention<Scalar>, _ asked: DistillationPlan.Relation, team: ThreadTeam
    ) throws(TrainingError) {
        let shape = attention.shape
        products = try MatrixProducts(team: team)
        self.attention = attention
        heads = asked.heads
        states = plan.reserve(shape.rows, shape.projectedWidth)
        student = plan.reserve(shape.tokens, shape.queryWidth / heads)
        teacher = plan.reserve(shape.tokens, asked.teacherQueryWidth / heads)
        gradient = plan.reserve(shape.tokens, shape.queryWidth / heads)
        scores = plan.reserve(shape.tokens, shape.tokens)
        taught = plan.reserve(shape.tokens, shape.tokens)
    }

    /// Adds the gradient of `factor` times the loss to `dqkv`.
    /// - Returns: the loss of all windows, their sum.
    func backward(
        qkv: Region,  // [B·T, (H + 2G)·D], rotated
        teacher: AttentionStates<Scalar>, factor: Double,
        addingTo dqkv: Region,  // [B·T, (H + 2G)·D], of what is not rotated
        _ work: Workspace<Scalar>
    ) -> Double {
        let (arena, shape) = (work.arena, attention.shape)
        arena[states].update(from: arena[qkv], count: states.count)
        TrainingMath.rotate(
            arena[states], shape, cosines: arena[attention.cosines], sines: arena[attention.sines],
            layout: attention.layout, isBackward: true, team: work.team)
        let kinds = [
            (0, shape.queryWidth, teacher.queries, teacher.queryWidth),
            (shape.queryWidth, shape.kvWidth, teacher.keys, teacher.kvWidth),
            (shape.queryWidth + shape.kvWidth, shape.kvWidth, teacher.values, teacher.kvWidth),
        ]
        var loss = 0.0
        for (start, width, taughtStates, taughtWidth) in kinds {
            for part in 0..<shape.windows * heads {
                let (window, head) = part.quotientAndRemainder(dividingBy: heads)
                let (d, taughtD) = (width / heads, taughtWidth / heads)
                let row = window * shape.tokens
                let place = row * shape.projectedWidth + start + head * d
                gather(arena[states] + place, stride: shape.projectedWidth, d, into: arena[student])
                gather(
                    taughtStates + row * taughtWidth + head * taughtD, stride: taughtWidth, taughtD,
                    into: arena[self.teacher])
                loss += differentiate(d: d, taughtD: taughtD, factor: factor, work)
                scatter(arena[gradient], d, addingTo: arena[dqkv] + place, stride: shape.projectedWidth)
            }
        }
        return loss / Double(heads * shape.tokens)
    }

    /// One window and head: `student` and `teacher` → `gradient`; returns Σ of KL over the tokens.
    private func differentiate(d: Int, taughtD: Int, factor: Double, _ work: Workspace<Scalar>) -> Double {
        let (arena, tokens) = (work.arena, attention.shape.tokens)
        let scale = Scalar(1 / Double(d).squareRoot())
        products.timesTransposed(
            arena[student], arena[student], m: tokens, n: tokens, k: d, alpha: scale, into: arena[scores])
        products.timesTransposed(
            arena[teacher], arena[teacher], m: tokens, n: tokens, k: taughtD,
            alpha: Scalar(1 / Double(taughtD).squareRoot()), into: arena[taught])
        let weights = TrainingMath<Scalar>.DivergenceWeights(
            forward: factor / Double(heads * tokens), reverse: 0, temperature: 1, teacherTemperature: 1)
        let sum = withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * tokens) { sums in
            let base = sums.baseAddress!
            TrainingMath.divergence(
                arena[scores], over: arena[taught], rows: tokens, columns: tokens, weights: weights, forward: base,
                reverse: base + tokens, team: work.team)
            return sums[..<tokens].reduce(0, +)
        }
        // Each product of two tokens enters its row once from either side: dA = (G + Gᵀ) · A / √d.
        products.times(
            arena[taught], arena[student], m: tokens, n: d, k: tokens, alpha: scale, into: arena[gradient])
        products.transposedTimes(
            arena[taught], arena[student], m: tokens, n: d, k: tokens, alpha: scale, into: arena[gradient], adding: true
        )
        return sum
    }

    private func gather(_ x: UnsafePointer<Scalar>, stride: Int, _ d: Int, into y: UnsafeMutablePointer<Scalar>) {
        for token in 0..<attention.shape.tokens { (y + token * d).update(from: x + token * stride, count: d) }
    }

    private func scatter(_ x: UnsafePointer<Scalar>, _ d: Int, addingTo y: UnsafeMutablePointer<Scalar>, stride: Int) {
        for token in 0..<attention.shape.tokens {
            let (from, to) = (x + token * d, y + token * stride)
            for element in 0..<d { to[element] += from[element] }
        }
    }
}

/// What a layer learns of relations in a backward pass.
struct RelationTask<Scalar: TrainingScalar> {
    let relation: AttentionRelation<Scalar>
    let states: AttentionStates<Scalar>
    /// On the gradient.
    let factor: Double
}
