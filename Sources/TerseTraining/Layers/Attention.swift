import Foundation
import TerseTensor

/// Rotary embedding (arXiv:2104.09864) and causal attention with grouped queries (arXiv:2305.13245), over windows that do
/// not see each other. Weights are never kept: the backward pass computes them again from the sums of exponentials.
struct Attention<Scalar: TrainingScalar> {
    /// B windows of T tokens, H query heads over G key and value heads of D elements.
    let shape: TrainingMath<Scalar>.AttentionShape
    let layout: RotaryLayout
    /// Of the angle of each position and pair, computed once.  // [T, D/2]
    let cosines: Region
    let sines: Region
    /// For each thread.
    let scratch: Region

    init(_ plan: inout ArenaPlan, _ model: ModelShape, windows: Int, tokens: Int, threads: Int) {
        shape = TrainingMath<Scalar>.AttentionShape(
            windows: windows, tokens: tokens, queryHeads: model.headCount, kvHeads: model.kvHeadCount,
            headDimension: model.headDimension)
        layout = model.rotaryLayout
        cosines = plan.reserve(tokens, model.headDimension / 2)
        sines = plan.reserve(tokens, model.headDimension / 2)
        scratch = plan.reserve(threads, shape.scratchCount)
    }

    /// Fills the tables of angles: position · base^(−2i/D) for pair i.
    func fillTables(base: Double, _ arena: Arena<Scalar>) {
        let pairs = shape.headDimension / 2
        for pair in 0..<pairs {
            let frequency = pow(base, -2 * Double(pair) / Double(shape.headDimension))
            for position in 0..<shape.tokens {
                let angle = Double(position) * frequency
                arena[cosines][position * pairs + pair] = Scalar(cos(angle))
                arena[sines][position * pairs + pair] = Scalar(sin(angle))
            }
        }
    }

    func forward(
        _ qkv: Region,  // [B·T, (H + 2G)·D], turned in place
        into y: Region,  // [B·T, H·D]
        logSums: Region,  // [B·T, H]
        _ work: Workspace<Scalar>
    ) {
        let (arena, team) = (work.arena, work.team)
        TrainingMath.rotate(
            arena[qkv], shape, cosines: arena[cosines], sines: arena[sines], layout: layout, isBackward: false,
            team: team)
        TrainingMath.attend(
            arena[qkv], shape, into: arena[y], logSums: arena[logSums], scratch: arena[scratch], team: team)
    }

    func backward(
        qkv: Region,  // [B·T, (H + 2G)·D], as the forward pass left it
        y: Region,  // [B·T, H·D]
        logSums: Region,  // [B·T, H]
        dy: Region,  // [B·T, H·D]
        into dqkv: Region,  // [B·T, (H + 2G)·D]
        _ work: Workspace<Scalar>
    ) {
        let (arena, team) = (work.arena, work.team)
        TrainingMath.attendGradient(
            arena[qkv], shape, outputs: arena[y], logSums: arena[logSums], outputGradients: arena[dy],
            into: arena[dqkv], scratch: arena[scratch], team: team)
        TrainingMath.rotate(
            arena[dqkv], shape, cosines: arena[cosines], sines: arena[sines], layout: layout, isBackward: true,
            team: team)
    }
}
