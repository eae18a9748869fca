import TerseTensor

/// Muon (K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): momentum, replaced by the
/// nearest matrix with equal singular values, so that no direction of a weight matrix learns faster than another.
///
/// Newton and Schulz's quintic iteration finds it with products alone: X ← aX + (bA + cA²)X, A = XXᵀ, from the momentum
/// scaled to norm 1. Its coefficients bring singular values near 1 rather than to it, which serves as well.
struct Muon<Scalar: TrainingScalar> {
    private let settings: OptimizerSettings.MuonSettings
    private let parameters: ParameterSet<Scalar>
    private let products: MatrixProducts<Scalar>
    private let team: ThreadTeam
    private let arena: Arena<Scalar>
    /// X by turns.  // [rows, columns]
    private let current: Region
    private let next: Region
    /// A and bA + cA².  // square, of the shorter side
    private let gram: Region
    private let polynomial: Region

    private static var coefficients: (a: Double, b: Double, c: Double) { (3.4445, -4.7750, 2.0315) }

    init(
        _ settings: OptimizerSettings.MuonSettings, parameters: ParameterSet<Scalar>,
        precision: ProductPrecision = .float32, team: ThreadTeam
    ) throws(TrainingError) {
        self.settings = settings
        self.parameters = parameters
        self.team = team
        let matrices = parameters.layout.parameters.filter { $0.role == .projection }
        let longest = matrices.map { max($0.rows, $0.columns) }.max() ?? 1
        let elements = matrices.map(\.count).max() ?? 1
        let side = matrices.map { min($0.rows, $0.columns) }.max() ?? 1
        products = try MatrixProducts(
            team: team, precision: precision, rightFactors: [(longest, side), (side, longest)])
        var plan = ArenaPlan()
        current = plan.reserve(elements)
        next = plan.reserve(elements)
        gram = plan.reserve(side, side)
        polynomial = plan.reserve(side, side)
        arena = try Arena(plan)
    }

    /// Bytes of scratch.
    var byteCount: Int { arena.byteCount + products.byteCount }

    /// One step of one matrix; `momentum` is what it remembers, [rows, columns].
    func step(
        _ parameter: Parameter, _ index: Int, momentum: UnsafeMutablePointer<Scalar>, gradientFactor: Double,
        rateFactor: Double, decayFactor: Double
    ) {
        let (rows, columns, count) = (parameter.rows, parameter.columns, parameter.count)
        let (gradient, direction) = (parameters.gradient(index), arena[next])
        TrainingMath.combine(momentum, settings.momentum, gradient, gradientFactor, count: count, team: team)
        direction.update(from: momentum, count: count)
        TrainingMath.combine(direction, settings.momentum, gradient, gradientFactor, count: count, team: team)
        let step = orthogonalize(direction, rows: rows, columns: columns)
        let rate = settings.rate * rateFactor
        let shapeFactor = max(1, Double(rows) / Double(columns)).squareRoot()
        TrainingMath.combine(
            parameters.weights.pointer + parameter.offset, 1 - rate * settings.weightDecay * decayFactor, step,
            -rate * shapeFactor, count: count, team: team)
    }

    /// The matrix nearest to `x` whose singular values are about 1.
    /// - Parameter x: [rows, columns], the region `next`, which is used up.
    /// - Returns: [rows, columns], valid until the next call.
    func orthogonalize(
        _ x: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) -> UnsafeMutablePointer<Scalar> {
        let count = rows * columns
        let norm = TrainingMath.squareSum(x, count: count, team: team).squareRoot() + 1e-7
        TrainingMath.combine(x, 1 / norm, x, 0, count: count, team: team)
        var (from, to) = (x, arena[current])
        for _ in 0..<settings.iterations {
            iterate(from, into: to, rows: rows, columns: columns)
            swap(&from, &to)
        }
        return from
    }

    /// to = aX + (bA + cA²)X with A = XXᵀ, or aX + X(bA + cA²) with A = XᵀX, which is the same: A on the shorter side.
    private func iterate(
        _ x: UnsafeMutablePointer<Scalar>, into to: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        let (a, b, cubic) = Self.coefficients
        let (gram, polynomial) = (arena[gram], arena[polynomial])
        let isTall = rows > columns
        let side = min(rows, columns)
        products.gram(x, m: side, k: max(rows, columns), transposing: isTall, into: gram)
        // A is symmetric, so A·Aᵀ is its square.
        products.gram(gram, m: side, k: side, alpha: Scalar(cubic), into: polynomial)
        TrainingMath.combine(polynomial, 1, gram, b, count: side * side, team: team)
        to.update(from: x, count: rows * columns)
        TrainingMath.combine(to, a, x, 0, count: rows * columns, team: team)
        if isTall {
            products.times(x, polynomial, m: rows, n: columns, k: side, into: to, adding: true)
        } else {
            products.times(polynomial, x, m: rows, n: columns, k: side, into: to, adding: true)
        }
    }
}
