import TerseTensor

/// Products of a ternary model in float32, in whole numbers: forward through the kernels that serve, backward in fixed
/// point. Both take inputs that are rounded to int8's levels already, so nothing of them is lost.
struct IntegerProducts {
    private let parameters: ParameterSet<Float>
    private let packed: PackedTernary
    /// The inputs in 8 bits.
    private let activations: Activations
    private let gradients: FixedPointProducts
    private let rows: Int
    private let team: ThreadTeam

    /// Room for batches of `rows` rows of the model that `parameters` are of; nil where its projections are not packed.
    /// - Throws: `TrainingError` (`system`).
    init?(
        _ parameters: ParameterSet<Float>, _ shape: ModelShape, rows: Int,
        bits: FixedPointProducts.GradientBits = .sixteen, team: ThreadTeam
    ) throws(TrainingError) {
        guard let packed = parameters.packed else { return nil }
        let inputs = max(shape.hiddenSize, shape.querySize, shape.feedForwardSize)
        let outputs = max(inputs, shape.querySize + 2 * shape.kvSize, 2 * shape.feedForwardSize)
        var capacity = ActivationCapacity(rows: rows)
        capacity.include(.int8Row, columns: inputs)
        do {
            activations = try Activations(capacity)
            gradients = try FixedPointProducts(
                rows: rows, inputs: inputs, outputs: outputs, bits: bits, threads: team.threadCount)
        } catch { throw TrainingError(.system, error.message) }
        self.parameters = parameters
        self.packed = packed
        self.rows = rows
        self.team = team
    }

    var byteCount: Int { activations.byteCount + gradients.byteCount }

    /// `y = x · Wᵀ` for matrices whose outputs lie side by side in the rows of `y`.
    /// - Parameters:
    ///   - x: [rows, columns of the matrices], in float32.
    ///   - y: [rows, rows of all the matrices], in float32.
    func forward(_ matrices: Range<Int>, _ x: UnsafeRawPointer, into y: UnsafeMutableRawPointer) {
        let packed = packed.matrices(matrices)
        var output = y.assumingMemoryBound(to: Float.self)
        let (columns, stride) = (packed[0].columns, packed.reduce(0) { $0 + $1.rows })
        activations.load(
            x.assumingMemoryBound(to: Float.self), rows: rows, columns: columns, rowStride: columns, scheme: .int8Row,
            team: team)
        for matrix in packed {
            MatrixMultiply.run(matrix, activations, into: output, rowStride: stride, team: team)
            output += matrix.rows
        }
    }

    /// Adds to the gradient of the matrices and writes that of their inputs.
    /// - Parameters:
    ///   - x: [rows, inputs], as `dy` and `dx` in float32.
    ///   - dy: [rows, rows of all the matrices].
    ///   - dx: [rows, inputs].
    func backward(
        _ matrices: Range<Int>, x: UnsafeRawPointer, dy: UnsafeRawPointer, into dx: UnsafeMutableRawPointer
    ) {
        let layout = parameters.layout.parameters[matrices]
        let (outputs, inputs) = (layout.reduce(0) { $0 + $1.rows }, layout[matrices.lowerBound].columns)
        let dy = dy.assumingMemoryBound(to: Float.self)
        gradients.addWeightGradient(
            dy: dy, x: x.assumingMemoryBound(to: Float.self), rows: rows, outputs: outputs, inputs: inputs,
            to: parameters.gradient(matrices.lowerBound), team: team)
        gradients.inputGradient(
            dy: dy, weights: parameters.effective(matrices.lowerBound),
            weightScales: zip(matrices, layout).map { ($1.rows, parameters.scales[$0]) }, rows: rows,
            outputs: outputs, inputs: inputs, into: dx.assumingMemoryBound(to: Float.self), team: team)
    }
}
