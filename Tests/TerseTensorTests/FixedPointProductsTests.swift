import Testing

@testable import TerseTensor

/// The backward products of ternary projections against sums in double precision.
@Suite struct FixedPointProductsTests {
    /// Blocks of 512 terms and ragged ones, panels and strips that are not full.
    @Test(arguments: [(701, 53, 40), (3, 600, 16), (512, 96, 33)])
    func gradients(rows: Int, outputs: Int, inputs: Int) throws {
        var random = TestNumbers(seed: 5)
        let dy = random.normals(rows * outputs).map { $0 * $0 * $0 }
        // Each row has int8's levels of its own scale, the greatest among them.
        let x = (0..<rows * inputs).map { index -> Float in
            let level = index % inputs == 0 ? 127 : Float((index * 7919) % 255 - 127)
            return level * (Float(1 + index / inputs % 5) / 127)
        }
        let scales: [(rows: Int, scale: Float)] = [(outputs - 10, 0.03), (10, 0.7)]
        let weights = (0..<outputs * inputs).map { index in
            Float(index * 31 % 3 - 1) * (index / inputs < outputs - 10 ? 0.03 : 0.7)
        }
        var results: [[Float]] = []
        for threads in [1, 3] {
            let team = ThreadTeam(threads: threads)
            let products = try FixedPointProducts(
                rows: rows, inputs: inputs, outputs: outputs, threads: team.threadCount)
            var (gradient, dx) = ([Float](repeating: 2, count: outputs * inputs), [Float](repeating: 9, count: x.count))
            products.addWeightGradient(
                dy: dy, x: x, rows: rows, outputs: outputs, inputs: inputs, to: &gradient, team: team)
            products.inputGradient(
                dy: dy, weights: weights, weightScales: scales, rows: rows, outputs: outputs, inputs: inputs,
                into: &dx, team: team)
            results.append(gradient + dx)
        }
        #expect(results[0] == results[1])

        var worst = 0.0
        for output in 0..<outputs {
            for input in 0..<inputs {
                var (sum, size) = (2.0, 0.0)
                for row in 0..<rows {
                    let term = Double(dy[row * outputs + output]) * Double(x[row * inputs + input])
                    (sum, size) = (sum + term, size + term * term)
                }
                let error = abs(Double(results[0][output * inputs + input]) - sum)
                worst = max(worst, error / (size.squareRoot() + 1))
            }
        }
        for row in 0..<rows {
            for input in 0..<inputs {
                var (sum, size) = (0.0, 0.0)
                for output in 0..<outputs {
                    let term = Double(dy[row * outputs + output]) * Double(weights[output * inputs + input])
                    (sum, size) = (sum + term, size + term * term)
                }
                let error = abs(Double(results[0][outputs * inputs + row * inputs + input]) - sum)
                worst = max(worst, error / (size.squareRoot() + 1e-3))
            }
        }
        #expect(worst < 3e-5)
    }
}
