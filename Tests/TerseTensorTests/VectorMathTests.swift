import Foundation
import Testing

@testable import TerseTensor

@Suite struct VectorMathTests {
    /// Largest |found − expected| / max(|expected|, floor).
    private func relativeError(_ found: [Float], _ expected: [Double], floor: Double = 1e-30) -> Double {
        zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1) / max(abs($1.1), floor)) }
    }

    @Test(arguments: [1, 5, 64, 2560])
    func rmsNormAgreesWithDoublePrecision(columns: Int) {
        var numbers = TestNumbers(seed: UInt64(columns))
        let rows = 7
        let x = numbers.normals(rows * columns, scale: 3)
        let weight = numbers.normals(columns)
        var y = [Float](repeating: 0, count: rows * columns)
        VectorMath.rmsNorm(
            x, rows: rows, columns: columns, weight: weight, epsilon: 1e-6, into: &y, team: ThreadTeam(threads: 2))
        var expected: [Double] = []
        for row in 0..<rows {
            let values = x[row * columns..<(row + 1) * columns].map { Double($0) }
            let mean = values.reduce(0) { $0 + $1 * $1 } / Double(columns)
            expected += zip(values, weight).map { $0 / (mean + Double(Float(1e-6))).squareRoot() * Double($1) }
        }
        #expect(relativeError(y, expected) < 2.5e-7)
    }

    @Test func elementWiseOperationsAreExactAndShareable() {
        var numbers = TestNumbers(seed: 3)
        let count = 20_001
        let (x, y) = (numbers.normals(count), numbers.normals(count))
        let team = ThreadTeam(threads: 3)
        var a = x
        VectorMath.add(&a, y, count: count, team: team)
        #expect(a == zip(x, y).map { $0 + $1 })
        var gate = x
        VectorMath.squaredReLUMultiply(&gate, y, count: count, team: team)
        #expect(gate == zip(x, y).map { max($0, 0) * max($0, 0) * $1 })
        var rows = Array(x[..<20_000])
        VectorMath.addBias(&rows, rows: 2000, columns: 10, bias: y, team: team)
        #expect(rows == rows.indices.map { x[$0] + y[$0 % 10] })
    }

    @Test func siluAgreesWithDoublePrecisionAndEndsWell() {
        var numbers = TestNumbers(seed: 4)
        let (x, y) = (numbers.normals(5000, scale: 5), numbers.normals(5000))
        var gate = x
        VectorMath.siluMultiply(&gate, y, count: 5000)
        let expected = zip(x, y).map { Double($0) / (1 + exp(-Double($0))) * Double($1) }
        #expect(relativeError(gate, expected) < 3e-7)
        var ends: [Float] = [-1000, 1000, 0, .nan]
        VectorMath.siluMultiply(&ends, [1, 1, 1, 1], count: 4)
        #expect(ends[..<3] == [0, 1000, 0])
        #expect(ends[3].isNaN)
    }

    @Test(arguments: [1, 3, 16, 1000, 32_003])
    func softmaxAgreesWithDoublePrecision(count: Int) {
        var numbers = TestNumbers(seed: UInt64(count))
        let x = numbers.normals(count, scale: 6)
        var p = x
        VectorMath.softmax(&p, count: count)
        let most = Double(x.max()!)
        let sum = x.reduce(0.0) { $0 + exp(Double($1) - most) }
        #expect(relativeError(p, x.map { exp(Double($0) - most) / sum }) < 3e-6)  // x − max is rounded.
        #expect(abs(p.reduce(0.0) { $0 + Double($1) } - 1) < 1e-6)
        #expect(abs(VectorMath.logSumExp(x, count: count) - (most + log(sum))) < 1e-6)
    }

    @Test func masksBecomeZero() {
        var x: [Float] = [-.infinity, 2, -.infinity, 2]
        VectorMath.softmax(&x, count: 4)
        #expect(x == [0, 0.5, 0, 0.5])
    }

    @Test func argmaxIsTheFirstOfEquals() {
        var x = [Float](repeating: -3, count: 1000)
        (x[17], x[400], x[999]) = (5, 5, 5)
        #expect(VectorMath.argmax(x, count: 1000) == 17)
        x[3] = .nan
        #expect(VectorMath.argmax(x, count: 1000) == 17)
        #expect(VectorMath.maximum(x, count: 17) == -3)
        #expect(VectorMath.argmax([.nan, .nan], count: 2) == 0)
        #expect(VectorMath.argmax([-.infinity, -5], count: 2) == 1)
    }

    @Test(arguments: [RotaryLayout.adjacent, .halves])
    func rotationsAgreeWithComplexNumbers(layout: RotaryLayout) throws {
        var numbers = TestNumbers(seed: 9)
        let (heads, dimension, pairs, stride) = (3, 20, 8, 70)  // A partial rotary dimension of 16.
        let positions = [0, 1, 1000, 100_000]
        let frequencies = (0..<pairs).map { pow(10_000, -2 * Double($0) / 16) }
        let x = numbers.normals(positions.count * stride)
        let table = try RotaryTable(inverseFrequencies: frequencies, attentionFactor: 1.25, maxRows: 4)
        #expect(table.byteCount == RotaryTable.byteCount(pairs: pairs, maxRows: 4))
        let batch = try KVBatch(maxRows: 4)
        let blocks = [UInt32](repeating: 0, count: KVLayout.blocks(forTokens: 100_001))
        blocks.withUnsafeBufferPointer { blocks in
            for position in positions {
                batch.append(position: position, count: 1, blocks: blocks.baseAddress!, blockCount: blocks.count)
            }
        }
        table.prepare(batch)
        var found = x
        table.rotate(&found, rowStride: stride, heads: heads, headDimension: dimension, layout: layout)
        var expected = x.map { Double($0) }
        for (row, position) in positions.enumerated() {
            for head in 0..<heads {
                for pair in 0..<pairs {
                    let start = row * stride + head * dimension
                    let first = start + (layout == .adjacent ? 2 * pair : pair)
                    let second = start + (layout == .adjacent ? 2 * pair + 1 : pair + pairs)
                    let (c, s) = (cos(Double(position) * frequencies[pair]), sin(Double(position) * frequencies[pair]))
                    expected[first] = 1.25 * (Double(x[first]) * c - Double(x[second]) * s)
                    expected[second] = 1.25 * (Double(x[first]) * s + Double(x[second]) * c)
                }
            }
        }
        let worst = zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        #expect(worst < 1e-6)
    }
}
