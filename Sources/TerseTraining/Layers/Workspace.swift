import TerseTensor

/// What layers work with. They themselves are values that say where their weights and buffers lie.
struct Workspace<Scalar: TrainingScalar> {
    let arena: Arena<Scalar>
    let parameters: ParameterSet<Scalar>
    let products: MatrixProducts<Scalar>
    /// For the projections of ternary models in float32; nil: floats everywhere.
    var integers: IntegerProducts?
    let team: ThreadTeam
    /// Rows of every activation: windows · tokens, written `B·T` beside the buffers.
    let rows: Int
}
