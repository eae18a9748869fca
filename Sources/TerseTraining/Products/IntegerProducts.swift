import TerseTensor

/// Products of packed ternary weights with inputs of 8 bits, through the kernels that serve.
struct IntegerProducts {
    /// The inputs in 8 bits: rounded to int8's levels already, so nothing of them is lost.
    private let activations: Activations

    /// Room for inputs of `rows` rows of at most `columns` columns.
    init(rows: Int, columns: Int) throws(TensorError) {
        var capacity = ActivationCapacity(rows: rows)
        capacity.include(.int8Row, columns: columns)
        activations = try Activations(capacity)
    }

    var byteCount: Int { activations.byteCount }

    /// `y = x · Wᵀ` for one to three matrices, whose outputs lie side by side in the rows of `y`.
    /// - Parameters:
    ///   - x: [rows, columns of the matrices], float32 numbers.
    ///   - y: [rows, rows of all the matrices].
    func multiply<Scalar: TrainingScalar>(
        _ matrices: [Tensor], _ x: UnsafeMutablePointer<Scalar>, rows: Int, into y: UnsafeMutablePointer<Scalar>,
        team: ThreadTeam
    ) {
        // Only float32 models have packed weights.
        let inputs = UnsafeMutableRawPointer(x).assumingMemoryBound(to: Float.self)
        var output = UnsafeMutableRawPointer(y).assumingMemoryBound(to: Float.self)
        let (columns, stride) = (matrices[0].columns, matrices.reduce(0) { $0 + $1.rows })
        activations.load(inputs, rows: rows, columns: columns, rowStride: columns, scheme: .int8Row, team: team)
        for matrix in matrices {
            MatrixMultiply.run(matrix, activations, into: output, rowStride: stride, team: team)
            output += matrix.rows
        }
    }
}
