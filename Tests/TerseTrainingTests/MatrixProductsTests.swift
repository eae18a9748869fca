import TerseTensor
import Testing

@testable import TerseTraining

/// Products through OpenBLAS against sums in double precision, cut into tiles or not.
@Suite struct MatrixProductsTests {
    static func numbers(_ stream: Int, _ count: Int) -> [Double] {
        (0..<count).map { TorchFixture.uniform(stream, $0) }
    }

    /// Whether every element of `found` is 0.5 + alpha · Σ a · b, where `a(i, l)` and `b(l, j)` index the operands.
    static func isRight(
        _ found: [Double], m: Int, n: Int, k: Int, alpha: Double, tolerance: Double, a: (Int, Int) -> Double,
        b: (Int, Int) -> Double
    ) -> Bool {
        (0..<m).allSatisfy { i in
            (0..<n).allSatisfy { j in
                let sum = (0..<k).reduce(0) { $0 + a(i, $1) * b($1, j) }
                return abs(found[i * n + j] - 0.5 - alpha * sum) < tolerance
            }
        }
    }

    /// Shapes below one tile, with a ragged last one, and wider than tall.
    @Test(arguments: [(3, 5, 7), (300, 17, 9), (18, 300, 5), (1, 1, 1)])
    func everyForm(m: Int, n: Int, k: Int) throws {
        try check(Double.self, m: m, n: n, k: k, tolerance: 1e-12)
        try check(Float.self, m: m, n: n, k: k, tolerance: 1e-4)
        // Half a step of 2^-7 of each factor, in sums of a few terms of at most 1 times alpha 2.
        try check(Float.self, precision: .bfloat16, m: m, n: n, k: k, tolerance: 4 / 256 * Double(k))
    }

    private func check<Scalar: TrainingScalar>(
        _: Scalar.Type, precision: ProductPrecision = .float32, m: Int, n: Int, k: Int, tolerance: Double
    ) throws {
        let products = try MatrixProducts<Scalar>(
            team: ThreadTeam(threads: 2), precision: precision, rightFactors: [(k, n)])
        let (a, b) = (Self.numbers(1, m * k), Self.numbers(2, k * n))
        let (left, right) = (a.map { Scalar($0) }, b.map { Scalar($0) })
        func result(_ run: (UnsafeMutablePointer<Scalar>) -> Void) -> [Double] {
            var c = [Scalar](repeating: 0.5, count: m * n)
            c.withUnsafeMutableBufferPointer { run($0.baseAddress!) }
            return c.map { Double($0) }
        }
        func isRight(
            _ found: [Double], alpha: Double, _ a: (Int, Int) -> Double, _ b: (Int, Int) -> Double
        ) -> Bool {
            Self.isRight(found, m: m, n: n, k: k, alpha: alpha, tolerance: tolerance, a: a, b: b)
        }
        let plain = result { products.times(left, right, m: m, n: n, k: k, alpha: 2, into: $0, adding: true) }
        let isPlainRight = isRight(plain, alpha: 2, { a[$0 * k + $1] }, { b[$0 * n + $1] })
        #expect(isPlainRight)
        let second = result { products.timesTransposed(left, right, m: m, n: n, k: k, into: $0, adding: true) }
        let isSecondRight = isRight(second, alpha: 1, { a[$0 * k + $1] }, { b[$1 * k + $0] })
        #expect(isSecondRight)
        let first = result {
            products.transposedTimes(left, right, m: m, n: n, k: k, alpha: -1, into: $0, adding: true)
        }
        let isFirstRight = isRight(first, alpha: -1, { a[$1 * m + $0] }, { b[$0 * n + $1] })
        #expect(isFirstRight)
    }

    /// Of one tile, of several, and of a ragged last one.
    @Test(arguments: [(5, 9), (64, 3), (300, 17)]) func gram(m: Int, k: Int) throws {
        let products = try MatrixProducts<Double>(team: ThreadTeam(threads: 2))
        let a = Self.numbers(3, m * k)
        let transposed = (0..<k * m).map { a[$0 % m * k + $0 / m] }
        for (factor, transposing) in [(a, false), (transposed, true)] {
            var c = [Double](repeating: .nan, count: m * m)
            products.gram(factor, m: m, k: k, transposing: transposing, alpha: 3, into: &c)
            let shifted = c.map { $0 + 0.5 }
            let isRight = Self.isRight(
                shifted, m: m, n: m, k: k, alpha: 3, tolerance: 1e-12, a: { a[$0 * k + $1] }, b: { a[$1 * k + $0] })
            #expect(isRight)
        }
    }

    /// The square of a matrix is symmetric to the bit, and near that of floats.
    @Test func gramInBFloat16() throws {
        let (m, k) = (300, 64)
        let a = Self.numbers(3, m * k).map { Float($0) }
        let team = ThreadTeam(threads: 2)
        func gram(_ precision: ProductPrecision) throws -> [Float] {
            var c = [Float](repeating: .nan, count: m * m)
            try MatrixProducts<Float>(team: team, precision: precision, rightFactors: [(k, m)])
                .gram(a, m: m, k: k, into: &c)
            return c
        }
        let (rounded, floats) = (try gram(.bfloat16), try gram(.float32))
        let isSymmetric = (0..<m * m).allSatisfy { rounded[$0] == rounded[$0 % m * m + $0 / m] }
        let isNear = (0..<m * m).allSatisfy { abs(rounded[$0] - floats[$0]) < 0.2 }
        #expect(isSymmetric && isNear)
    }

    @Test func aMissingLibraryIsNamedWithItsPackage() throws {
        let error = try #require(throws: TrainingError.self) { try BLAS(opening: "libnowhere.so.0") }
        #expect(error.code == .system && error.message.contains("libnowhere.so.0"))
        #expect(error.message.contains("apt-get install libopenblas0-pthread"))
    }

    /// Pieces cover a side, and their number depends on nothing but its length.
    @Test(arguments: [1, 16, 300, 512, 513, 4096, 100_000]) func tilesCoverASide(side: Int) {
        let length = Tiling.length(of: side)
        #expect(length > 0 && length % 16 == 0)
        #expect((side + length - 1) / length * length >= side)
        #expect(side < 1024 || length <= 512)
    }
}
