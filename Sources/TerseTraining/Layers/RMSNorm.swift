import TerseTensor

/// y = x / rms(x) · w (arXiv:1910.07467). Before a BitLinear it ends by rounding each row to int8's levels, through which
/// the gradient passes straight.
struct RMSNorm {
    /// Index of w. [C]
    let weight: Int
    /// C
    let columns: Int
    let epsilon: Double
    let quantizes: Bool
    /// 1 / rms of each row.  // [B·T]
    let reciprocals: Region

    init(_ plan: inout ArenaPlan, weight: Int, rows: Int, columns: Int, shape: ModelShape, quantizes: Bool) {
        self.weight = weight
        self.columns = columns
        self.quantizes = quantizes
        epsilon = Double(shape.normEpsilon)
        reciprocals = plan.reserve(rows)
    }

    func forward<Scalar>(
        _ x: Region,  // [B·T, C]
        into y: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        TrainingMath.rmsNorm(
            work.arena[x], weight: work.parameters.weight(weight), rows: work.rows, columns: columns, epsilon: epsilon,
            quantizing: quantizes, into: work.arena[y], reciprocals: work.arena[reciprocals], team: work.team)
    }

    /// Adds to the gradient of w; writes `dx`, which may be `dy`, or adds to it.
    func backward<Scalar>(
        x: Region,  // [B·T, C]
        dy: Region,  // [B·T, C]
        into dx: Region,  // [B·T, C]
        adding: Bool, _ work: Workspace<Scalar>
    ) {
        TrainingMath.rmsNormGradient(
            work.arena[x], weight: work.parameters.weight(weight), reciprocals: work.arena[reciprocals],
            dy: work.arena[dy], rows: work.rows, columns: columns, weightGradient: work.parameters.gradient(weight),
            into: work.arena[dx], adding: adding, team: work.team)
    }
}
