import Testing

@testable import TerseTensor

/// The backward products of ternary projections against sums in double precision.
@Suite struct FixedPointProductsTests {
    /// Blocks of 512 terms and ragged ones, panels and strips that are not full.
    @Test(arguments: [(701, 53, 40), (3, 600, 16), (512, 96, 33)], FixedPointProducts.GradientBits.allCases)
    func gradients(_ shape: (rows: Int, outputs: Int, inputs: Int), bits: FixedPointProducts.GradientBits) throws {
        let (rows, outputs, inputs) = shape
        var random = TestNumbers(seed: 5)
        // Cubes, so that few gradients are much larger than most.
        let dy = random.normals(rows * outputs).map { $0 * $0 * $0 }
        // Each row has int8's levels of its own scale, the greatest among them.
        let levels = (0..<rows * inputs).map { $0 % inputs == 0 ? 127 : Float(($0 * 7919) % 255 - 127) }
        let rowScales = (0..<rows).map { Float(1 + $0 % 5) / 127 }
        let x = levels.indices.map { levels[$0] * rowScales[$0 / inputs] }
        let matrices: [(rows: Int, scale: Float)] = [(outputs - 10, 0.03), (10, 0.7)]
        let scales = matrices.flatMap { Array(repeating: $0.scale, count: $0.rows) }
        let trits = (0..<outputs * inputs).map { Float($0 * 31 % 3 - 1) }
        let weights = trits.indices.map { trits[$0] * scales[$0 / inputs] }

        var results: [(gradient: [Float], dx: [Float])] = []
        for threads in [1, 3] {
            let team = ThreadTeam(threads: threads)
            let products = try FixedPointProducts(
                rows: rows, inputs: inputs, outputs: outputs, bits: bits, threads: team.threadCount)
            var (gradient, dx) = ([Float](repeating: 2, count: weights.count), [Float](repeating: 9, count: x.count))
            products.addWeightGradient(
                dy: dy, x: x, rows: rows, outputs: outputs, inputs: inputs, to: &gradient, team: team)
            products.inputGradient(
                dy: dy, weights: weights, weightScales: matrices, rows: rows, outputs: outputs, inputs: inputs,
                into: &dx, team: team)
            results.append((gradient, dx))
        }
        #expect(results[0] == results[1])
        let dyTransposed = (0..<outputs * rows).map { dy[$0 % rows * outputs + $0 / rows] }
        Self.expect(
            results[0].gradient, start: 2, dyTransposed, rowScales, times: levels, bits: bits, rows: outputs,
            depth: rows, columns: inputs)
        Self.expect(
            results[0].dx, start: 0, dy, scales, times: trits, bits: bits, rows: rows, depth: outputs, columns: inputs)
    }

    /// Whether `found` is start + Σ left · factors · right, but for half a step of the greatest of each 512 terms.
    static func expect(
        _ found: [Float], start: Double, _ left: [Float], _ factors: [Float], times right: [Float],
        bits: FixedPointProducts.GradientBits, rows: Int, depth: Int, columns: Int
    ) {
        let greatest = Double(1 << (bits.rawValue - 1) - 1)
        for row in 0..<rows {
            let terms = (0..<depth).map { Double(left[row * depth + $0] * factors[$0]) }
            for column in 0..<columns {
                var (sum, bound) = (start, 1e-6 * abs(start))
                for first in stride(from: 0, to: depth, by: 512) {
                    let block = first..<min(first + 512, depth)
                    let step = (terms[block].map(abs).max() ?? 0) / greatest
                    for term in block {
                        let factor = Double(right[term * columns + column])
                        sum += terms[term] * factor
                        bound += 0.51 * step * abs(factor) + 1e-6 * abs(terms[term] * factor)
                    }
                }
                let error = abs(Double(found[row * columns + column]) - sum)
                #expect(error <= bound, "[\(row), \(column)]: \(error), at most \(bound)")
            }
        }
    }
}
