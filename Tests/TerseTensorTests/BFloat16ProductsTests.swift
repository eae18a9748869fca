import Testing

@testable import TerseTensor

/// Products in bfloat16 of numbers that it holds exactly, against sums in double precision.
@Suite struct BFloat16ProductsTests {
    /// Less than a panel, ragged panels and blocks of terms, several strips; transposed factors and plain ones.
    @Test(arguments: [(3, 5, 7), (100, 50, 33), (97, 16, 1030), (200, 49, 512), (1, 1, 1)], [1, 3])
    func everyForm(_ shape: (m: Int, n: Int, k: Int), threads: Int) throws {
        let (m, n, k) = shape
        let products = try BFloat16Products(rightFactors: [(k, n)], team: ThreadTeam(threads: threads))
        let (a, b) = (Self.numbers(m * k, 1), Self.numbers(k * n, 2))
        for (transposesA, transposesB) in [(false, false), (false, true), (true, false), (true, true)] {
            var c = [Float](repeating: 0.5, count: m * n)
            products.multiply(
                .init(a, stride: transposesA ? m : k, isTransposed: transposesA),
                .init(b, stride: transposesB ? k : n, isTransposed: transposesB), m: m, n: n, k: k, alpha: -2, into: &c,
                adding: true)
            for row in 0..<m {
                for column in 0..<n {
                    let sum = (0..<k).reduce(0.0) { sum, term in
                        let left = a[transposesA ? term * m + row : row * k + term]
                        return sum + Double(left * b[transposesB ? column * k + term : term * n + column])
                    }
                    #expect(abs(Double(c[row * n + column]) - (0.5 - 2 * sum)) < 1e-3)
                }
            }
        }
    }

    /// What lies on and below the diagonal is as without the limit; beyond the strips nothing is touched.
    @Test func lowerOnly() throws {
        let (m, k) = (230, 40)
        let products = try BFloat16Products(rightFactors: [(k, m)], team: ThreadTeam(threads: 2))
        let a = Self.numbers(m * k, 3)
        func square(lowerOnly: Bool) -> [Float] {
            var c = [Float](repeating: .nan, count: m * m)
            products.multiply(
                .init(a, stride: k), .init(a, stride: k, isTransposed: true), m: m, n: m, k: k, into: &c,
                lowerOnly: lowerOnly)
            return c
        }
        let (whole, lower) = (square(lowerOnly: false), square(lowerOnly: true))
        let isSame = (0..<m * m).allSatisfy { $0 / m < $0 % m || whole[$0] == lower[$0] }
        #expect(isSame && lower[m - 1].isNaN)
    }

    /// Of six bits, which bfloat16 has.
    private static func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
        var random = TestNumbers(seed: seed)
        return random.normals(count).map { ($0 * 8).rounded().clamped(to: -32...32) / 16 }
    }
}

extension Float {
    fileprivate func clamped(to range: ClosedRange<Float>) -> Float {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
