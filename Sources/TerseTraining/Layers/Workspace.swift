import TerseTensor

/// What layers work with. They themselves are values that say where their weights and buffers lie.
struct Workspace<Scalar: TrainingScalar> {
    typealias Math = TrainingMath<Scalar>

    let arena: Arena<Scalar>
    let parameters: ParameterSet<Scalar>
    let products: MatrixProducts<Scalar>
    let team: ThreadTeam
    /// Rows of every activation: windows · tokens, written `B·T` beside the buffers.
    let rows: Int
}
