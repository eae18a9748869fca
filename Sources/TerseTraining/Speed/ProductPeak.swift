import TerseTensor

/// What the machine's float32 matrix products reach: what training's speed is a share of.
enum ProductPeak {
    private static let side = 1024
    private static let repeats = 5

    /// Operations a second of the best of a few products of square matrices; a fraction of a second.
    /// - Throws: `TrainingError` (`system`) when there is no OpenBLAS or no memory.
    static func measure(team: ThreadTeam) throws(TrainingError) -> Double {
        let products = try MatrixProducts<Float>(team: team)
        var plan = ArenaPlan()
        let (a, b, c) = (plan.reserve(side, side), plan.reserve(side, side), plan.reserve(side, side))
        let arena = try Arena<Float>(plan)
        for index in 0..<side * side {
            arena[a][index] = Float(index % 7)
            arena[b][index] = Float(index % 5)
        }
        var best = Double.infinity
        for _ in 0..<repeats {
            let start = ContinuousClock.now
            products.times(arena[a], arena[b], m: side, n: side, k: side, into: arena[c])
            best = min(best, (ContinuousClock.now - start) / .seconds(1))
        }
        return 2 * Double(side * side * side) / max(best, 1e-9)
    }
}
