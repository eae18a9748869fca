import TerseTensor

/// y = act(gate) · up, act being SiLU (SwiGLU, arXiv:2002.05202) or the squared ReLU of BitNet b1.58 2B-4T.
struct Gate {
    let activation: GateActivation
    /// F
    let columns: Int

    func forward<Scalar>(
        _ gateUp: Region,  // [B·T, 2F]: gate and up of a row side by side
        into y: Region,  // [B·T, F]
        _ work: Workspace<Scalar>
    ) {
        TrainingMath.gate(
            activation, work.arena[gateUp], rows: work.rows, columns: columns, into: work.arena[y], team: work.team)
    }

    /// The gradients of gate and up take their place.
    func backward<Scalar>(
        dy: Region,  // [B·T, F]
        over gateUp: Region,  // [B·T, 2F]
        _ work: Workspace<Scalar>
    ) {
        TrainingMath.gateGradient(
            activation, dy: work.arena[dy], rows: work.rows, columns: columns, over: work.arena[gateUp], team: work.team
        )
    }
}
