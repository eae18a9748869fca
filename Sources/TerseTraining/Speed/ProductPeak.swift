import TerseTensor

/// What the machine's float32 matrix products reach: what training's speed is a share of.
enum ProductPeak {
    private static let side = 512
    private static let repeats = 20

    /// Operations a second of all threads together, each with square matrices of its own; the best of a few times, in a
    /// fraction of a second.
    /// - Throws: `TrainingError` (`system`) when there is no OpenBLAS or no memory.
    static func measure(team: ThreadTeam) throws(TrainingError) -> Double {
        let blas = try BLAS.shared()
        var plan = ArenaPlan()
        let count = side * side
        let (a, b, c) = (plan.reserve(count), plan.reserve(count), plan.reserve(team.threadCount, count))
        let arena = try Arena<Float>(plan)
        for index in 0..<count {
            arena[a][index] = Float(index % 7)
            arena[b][index] = Float(index % 5)
        }
        let n = CInt(side)
        var best = Double.infinity
        for _ in 0..<repeats {
            let start = ContinuousClock.now
            team.run(chunks: team.threadCount) { chunk, _ in
                blas.singleProduct(
                    101, 111, 111, n, n, n, 1, arena[a], n, arena[b], n, 0, arena[c] + chunk * count, n)
            }
            best = min(best, (ContinuousClock.now - start) / .seconds(1))
        }
        return 2 * Double(side * count * team.threadCount) / max(best, 1e-9)
    }
}
