import TerseTensor

/// What the machine's matrix products reach: what training's speed is a share of.
enum ProductPeak {
    private static let side = 512
    /// Of the left matrix for each thread: whole tiles of either precision, as many for every thread.
    private static let rowsPerThread = 960
    private static let repeats = 20

    /// Operations a second of all threads together, in one product; the best of a few times, in a fraction of a second.
    /// - Throws: `TrainingError` (`system`) when there is no OpenBLAS or no memory.
    static func measure(_ precision: ProductPrecision, team: ThreadTeam) throws(TrainingError) -> Double {
        let products = try MatrixProducts<Float>(team: team, precision: precision, rightFactors: [(side, side)])
        let rows = rowsPerThread * team.threadCount
        var plan = ArenaPlan()
        let (a, b, c) = (plan.reserve(rows, side), plan.reserve(side, side), plan.reserve(rows, side))
        let arena = try Arena<Float>(plan)
        for index in 0..<rows * side { arena[a][index] = Float(index % 7) }
        for index in 0..<side * side { arena[b][index] = Float(index % 5) }
        var best = Double.infinity
        for _ in 0..<repeats {
            let start = ContinuousClock.now
            products.times(arena[a], arena[b], m: rows, n: side, k: side, into: arena[c])
            best = min(best, (ContinuousClock.now - start) / .seconds(1))
        }
        return 2 * Double(rows * side * side) / max(best, 1e-9)
    }
}
