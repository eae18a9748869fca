import TerseTensor

/// y = x · Wᵀ, for one matrix or several that share their inputs and lie one after another.
///
/// In a ternary model this is BitLinear (arXiv:2402.17764): W is what `ParameterSet.prepare` made of the master weights,
/// −1, 0 and +1 times their mean magnitude, and x comes rounded to int8's levels. The straight-through estimator takes
/// both roundings for the identity in the backward pass: the gradient of the master weights is that of W.
struct Linear {
    /// Indices of the matrices.
    let matrices: Range<Int>
    /// C
    let inputs: Int
    /// N: rows of all the matrices together.
    let outputs: Int

    func forward<Scalar>(
        _ x: Region,  // [B·T, C]
        into y: Region,  // [B·T, N]
        _ work: Workspace<Scalar>
    ) {
        if let integers = work.integers { return integers.forward(matrices, work.arena[x], into: work.arena[y]) }
        work.products.timesTransposed(
            work.arena[x], work.parameters.effective(matrices.lowerBound),  // W [N, C]
            m: work.rows, n: outputs, k: inputs, into: work.arena[y])
    }

    /// Adds to the gradient of W and writes `dx`.
    func backward<Scalar>(
        x: Region,  // [B·T, C]
        dy: Region,  // [B·T, N]
        into dx: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        if let integers = work.integers {
            return integers.backward(matrices, x: work.arena[x], dy: work.arena[dy], into: work.arena[dx])
        }
        work.products.transposedTimes(
            work.arena[dy], work.arena[x], m: outputs, n: inputs, k: work.rows,
            into: work.parameters.gradient(matrices.lowerBound),  // dW [N, C]
            adding: true)
        work.products.times(
            work.arena[dy], work.parameters.effective(matrices.lowerBound), m: work.rows, n: inputs, k: outputs,
            into: work.arena[dx])
    }
}
