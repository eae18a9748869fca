import Foundation
import Testing

@testable import TerseTensor

/// Keys, values and queries of one layer with several sequences, and attention over them.
private struct AttentionCase {
    let heads: Int
    let kvHeads: Int
    let dimension: Int
    let lengths: [Int]
    /// Per sequence: [position][head][dimension].
    let queries: [[Float]]
    let keys: [[Float]]
    let values: [[Float]]
    var scale: Float { 1 / Float(dimension).squareRoot() }

    init(heads: Int, kvHeads: Int, dimension: Int, lengths: [Int], seed: UInt64) {
        var numbers = TestNumbers(seed: seed)
        (self.heads, self.kvHeads, self.dimension, self.lengths) = (heads, kvHeads, dimension, lengths)
        queries = lengths.map { numbers.normals($0 * heads * dimension, scale: 2) }
        keys = lengths.map { numbers.normals($0 * kvHeads * dimension) }
        values = lengths.map { numbers.normals($0 * kvHeads * dimension) }
    }

    func layout(_ type: KVType) throws -> KVLayout {
        try KVLayout(type: type, layers: 2, kvHeads: kvHeads, headDimension: dimension)
    }

    /// Runs of (sequence, first position, rows), one forward pass for each inner array; returns [position][head][dimension]
    /// of every sequence.
    func run(_ passes: [[(Int, Int, Int)]], type: KVType, threads: Int, shuffled: Bool = false) throws -> [[Float]] {
        let layout = try layout(type)
        let tables = try blockTables(shuffled: shuffled).map { table in
            let buffer = try AlignedBuffer<UInt32>(count: table.count)
            for (index, block) in table.enumerated() { buffer[index] = block }
            return buffer
        }
        let blockCount = Int(tables.map { $0.buffer.max()! }.max()! + 1)
        let store = try KVStore(layout: layout, blockCount: blockCount)
        let maxRows = passes.map { $0.reduce(0) { $0 + $1.2 } }.max()!
        let batch = try KVBatch(maxRows: maxRows)
        let team = ThreadTeam(threads: threads)
        let attention = try Attention(
            layout: layout, queryHeads: heads, maxRows: maxRows, maxPositions: lengths.max()!, threads: threads)
        var results = queries.map { [Float](repeating: .nan, count: $0.count) }
        let (width, kvWidth) = (heads * dimension, kvHeads * dimension)
        let output = try AlignedBuffer<Float>(count: maxRows * width)
        for runs in passes {
            batch.removeAll()
            var q: [Float] = []
            var k: [Float] = []
            var v: [Float] = []
            for (sequence, first, rows) in runs {
                let table = tables[sequence]
                batch.append(position: first, count: rows, blocks: table.pointer, blockCount: table.count)
                q += queries[sequence][first * width..<(first + rows) * width]
                k += keys[sequence][first * kvWidth..<(first + rows) * kvWidth]
                v += values[sequence][first * kvWidth..<(first + rows) * kvWidth]
            }
            store.write(layer: 1, keys: k, values: v, rowStride: kvWidth, batch: batch, team: team)
            attention.run(
                queries: q, queryRowStride: width, batch: batch, store: store, layer: 1, scale: scale,
                into: output.pointer, outputRowStride: width, team: team)
            var row = 0
            for (sequence, first, rows) in runs {
                for index in 0..<rows * width {
                    results[sequence][first * width + index] = output.pointer[row * width + index]
                }
                row += rows
            }
        }
        return withExtendedLifetime(tables) { results }
    }

    /// Blocks side by side in order, or dealt out in a scrambled order.
    private func blockTables(shuffled: Bool) -> [[UInt32]] {
        var numbers = TestNumbers(seed: 99)
        let counts = lengths.map { KVLayout.blocks(forTokens: $0) }
        var free = Array(0..<UInt32(counts.reduce(0, +) + (shuffled ? 5 : 0)))
        if shuffled { free.shuffle(using: &numbers) }
        return counts.map { count in
            defer { free.removeFirst(count) }
            return Array(free[..<count])
        }
    }

    /// Double-precision attention of positions from `first` on over keys and values as given.
    func expected(from first: Int = 0, rounding: (Float) -> Double = { Double($0) }) -> [[Double]] {
        lengths.indices.map { sequence in
            var result = [Double](repeating: 0, count: lengths[sequence] * heads * dimension)
            for position in first..<lengths[sequence] {
                for head in 0..<heads {
                    let kvHead = head / (heads / kvHeads)
                    let q = (position * heads + head) * dimension
                    let scores = (0...position).map { other -> Double in
                        let k = (other * kvHeads + kvHead) * dimension
                        return (0..<dimension).reduce(0.0) {
                            $0 + Double(queries[sequence][q + $1]) * rounding(keys[sequence][k + $1])
                        } * Double(scale)
                    }
                    let most = scores.max()!
                    let weights = scores.map { exp($0 - most) }
                    let sum = weights.reduce(0, +)
                    for i in 0..<dimension {
                        result[q + i] = weights.indices.reduce(0.0) {
                            $0 + weights[$1] / sum * rounding(values[sequence][($1 * kvHeads + kvHead) * dimension + i])
                        }
                    }
                }
            }
            return result
        }
    }

    func whole() -> [[(Int, Int, Int)]] { [lengths.indices.map { ($0, 0, lengths[$0]) }] }

    /// Prompt chunks of `size`, sequences side by side in each pass.
    func chunks(_ size: Int) -> [[(Int, Int, Int)]] {
        stride(from: 0, to: lengths.max()!, by: size).map { start in
            lengths.indices.compactMap { lengths[$0] > start ? ($0, start, min(size, lengths[$0] - start)) : nil }
        }
    }
}

private func largestDifference(_ found: [[Float]], _ expected: [[Double]]) -> Double {
    zip(found.joined(), expected.joined()).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
}

@Suite struct AttentionTests {
    @Test(arguments: [(4, 2, 16, [70]), (6, 2, 24, [1, 33, 40]), (3, 3, 8, [64, 5]), (4, 1, 40, [65])])
    func halfPrecisionCacheAgreesWithDoublePrecision(heads: Int, kvHeads: Int, dimension: Int, lengths: [Int]) throws {
        let test = AttentionCase(heads: heads, kvHeads: kvHeads, dimension: dimension, lengths: lengths, seed: 1)
        let found = try test.run(test.whole(), type: .f16, threads: 2)
        #expect(largestDifference(found, test.expected { Double(Float(Float16($0))) }) < 4e-6)
    }

    @Test func eightBitCacheIsWithinItsRounding() throws {
        let test = AttentionCase(heads: 4, kvHeads: 2, dimension: 32, lengths: [50], seed: 2)
        let found = try test.run(test.whole(), type: .int8, threads: 2)
        // Half a step of absmax / 127 for normal numbers of absmax 3 is 0.012 for values; scores move by as much times |q|.
        #expect(largestDifference(found, test.expected()) < 0.08)
    }

    @Test(arguments: KVType.allCases)
    func chunksCompanyPagesAndThreadsChangeNothing(type: KVType) throws {
        let test = AttentionCase(heads: 4, kvHeads: 2, dimension: 16, lengths: [600, 37, 100], seed: 3)
        let whole = try test.run(test.whole(), type: type, threads: 1)
        #expect(try test.run(test.whole(), type: type, threads: 3, shuffled: true) == whole)
        #expect(try test.run(test.chunks(50), type: type, threads: 2, shuffled: true) == whole)
        #expect(try test.run(test.chunks(1), type: type, threads: 2) == whole)
        for sequence in test.lengths.indices {
            let alone = try test.run([[(sequence, 0, test.lengths[sequence])]], type: type, threads: 2)
            #expect(alone[sequence] == whole[sequence])
        }
    }

    @Test func spansAreMerged() throws {
        let test = AttentionCase(heads: 2, kvHeads: 1, dimension: 16, lengths: [1100], seed: 4)
        let found = try test.run(test.whole(), type: .f16, threads: 1)
        let tail = 1095 * 2 * 16
        let expected = test.expected(from: 1095) { Double(Float(Float16($0))) }
        #expect(largestDifference([Array(found[0][tail...])], [Array(expected[0][tail...])]) < 4e-6)
        // One row at a time on several threads computes spans apart.
        let last = try test.run([[(0, 0, 1099)], [(0, 1099, 1)]], type: .f16, threads: 4)
        #expect(last == found)
    }

    @Test func memoryIsKnownBeforehand() throws {
        let layout = try KVLayout(type: .f16, layers: 2, kvHeads: 2, headDimension: 16)
        for positions in [100, 1000, 1 << 20] {
            let attention = try Attention(
                layout: layout, queryHeads: 4, maxRows: 50, maxPositions: positions, threads: 3)
            let planned = try Attention.byteCount(
                layout: layout, queryHeads: 4, maxRows: 50, maxPositions: positions, threads: 3)
            #expect(attention.byteCount == planned)
        }
        #expect(try KVBatch(maxRows: 50).byteCount == KVBatch.byteCount(maxRows: 50))
    }

    @Test func badShapesAreRefused() throws {
        #expect(throws: TensorError.self) { try KVLayout(type: .f16, layers: 0, kvHeads: 1, headDimension: 8) }
        #expect(throws: TensorError.self) { try KVLayout(type: .f16, layers: 1, kvHeads: 1, headDimension: 1 << 20) }
        let layout = try KVLayout(type: .f16, layers: 1, kvHeads: 3, headDimension: 8)
        #expect(throws: TensorError.self) {
            try Attention(layout: layout, queryHeads: 4, maxRows: 1, maxPositions: 1, threads: 1)
        }
        #expect(throws: TensorError.self) { try KVStore(layout: layout, blockCount: .max) }
    }
}
