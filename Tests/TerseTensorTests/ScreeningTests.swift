import CTerseKernels
import Testing

@testable import TerseTensor

/// A head in Q6_K, some of whose rows point where a hidden state does.
private struct Head {
    static let columns = 512
    let tensor: Tensor
    let x: [Float]
    var rows: Int { tensor.rows }

    /// - Parameter cosines: of the hidden state with rows 7, 14, 21, …; all others are random.
    init(rows: Int, cosines: [Float], seed: UInt64 = 1) throws {
        var numbers = TestNumbers(seed: seed)
        x = numbers.normals(Self.columns)
        var floats = numbers.normals(rows * Self.columns)
        for (index, cosine) in cosines.enumerated() {
            for k in 0..<Self.columns {
                let at = 7 * (index + 1) * Self.columns + k
                floats[at] = cosine * x[k] + (1 - cosine * cosine).squareRoot() * floats[at]
            }
        }
        let rowBytes = try #require(ElementType.q6K.rowBytes(elements: Self.columns))
        let bytes = try TensorBytes(count: rows * rowBytes) { memory in
            try floats.withUnsafeBufferPointer { source in
                for row in 0..<rows {
                    try BlockCodec.quantize(
                        source.baseAddress! + row * Self.columns, count: Self.columns, as: .q6K,
                        into: memory.baseAddress! + row * rowBytes)
                }
            }
        }
        tensor = try Tensor(type: .q6K, shape: [Self.columns, rows], bytes: bytes, scale: 0.75)
    }

    func split() throws -> SplitMatrix {
        let matrix = try MatrixLayout.split.matrix(tensor, team: ThreadTeam(threads: 2))
        guard case .split(let split)? = matrix else { throw TensorError(.badShape, "not split") }
        return split
    }

    /// `batch` rows of `x`, the second negated, the third doubled.
    func activations(batch: Int = 1, team: ThreadTeam) throws -> Activations {
        let all = (0..<batch).flatMap { row in x.map { $0 * [1, -1, 2][row % 3] } }
        let activations = try Activations(rows: batch, columns: Self.columns, [.int8Blocks256])
        activations.load(
            all, rows: batch, columns: Self.columns, rowStride: Self.columns, scheme: .int8Blocks256, team: team)
        return activations
    }

    func product(_ weights: WeightMatrix, batch: Int = 1, threads: Int = 2, chunkRows: Int? = nil) throws -> [Float] {
        let team = ThreadTeam(threads: threads)
        let x = try activations(batch: batch, team: team)
        var y = [Float](repeating: .signalingNaN, count: batch * rows)
        y.withUnsafeMutableBufferPointer { y in
            MatrixMultiply.run(
                MatrixProduct(weights, into: y.baseAddress!, rowStride: rows), x, team: team, kernels: .selected,
                chunkRows: chunkRows)
        }
        return y
    }
}

private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

@Suite(.enabled(if: MatrixMultiply.Kernels.selected.split != nil, "this processor has no kernels for halves"))
struct ScreeningTests {
    @Test func productsAreThoseOfTheFile() throws {
        for (rows, batch) in [(1, 1), (50, 1), (80, 2), (333, 3), (160, 13), (90, 20)] {
            let head = try Head(rows: rows, cosines: [])
            let expected = try bits(head.product(.rows(head.tensor), batch: batch))
            for (threads, chunkRows) in [(1, nil), (3, 16), (2, 48)] {
                let found = try head.product(.split(head.split()), batch: batch, threads: threads, chunkRows: chunkRows)
                #expect(bits(found) == expected)
            }
        }
    }

    /// The greatest are what they are in the whole product, no other stands where it does not.
    @Test(arguments: [1, 3, 10])
    func theGreatestAreExact(count: Int) throws {
        let cosines: [Float] = [0.8, 0.9, 0.7, 0.75, 0.72, 0.71, 0.69, 0.68, 0.67, 0.66, 0.65, 0.6]
        let head = try Head(rows: 3000, cosines: cosines)
        let team = ThreadTeam(threads: 2)
        let (weights, x) = (try head.split(), try head.activations(team: team))
        let expected = try head.product(.rows(head.tensor))
        var found = [Float](repeating: 0, count: head.rows)
        let screening = try Screening(rows: head.rows)
        #expect(screening.run(weights, x, greatest: count, into: &found, team: team))
        let order = expected.indices.sorted { (expected[$1], $0) < (expected[$0], $1) }
        for token in order.prefix(count) { #expect(found[token] == expected[token]) }
        let computed = found.indices.filter { found[$0] > -.infinity }
        #expect(computed.allSatisfy { found[$0] == expected[$0] })
        #expect(computed.count < head.rows / 3)
    }

    /// Rows of a batch are screened each for itself.
    @Test func batches() throws {
        let head = try Head(rows: 2000, cosines: [0.9, -0.9, 0.8, -0.8])
        let team = ThreadTeam(threads: 2)
        let (weights, x) = (try head.split(), try head.activations(batch: 3, team: team))
        let expected = try head.product(.rows(head.tensor), batch: 3)
        var found = [Float](repeating: 0, count: 3 * head.rows)
        #expect(try Screening(rows: head.rows).run(weights, x, greatest: 2, into: &found, team: team))
        for row in 0..<3 {
            let range = row * head.rows..<(row + 1) * head.rows
            let order = range.sorted { expected[$0] > expected[$1] }
            for index in order.prefix(2) { #expect(found[index] == expected[index]) }
        }
    }

    /// Equal ones are all there.
    @Test func equalRowsStay() throws {
        let head = try Head(rows: 2000, cosines: [1, 1, 1, 1, 1])
        let team = ThreadTeam(threads: 2)
        var found = [Float](repeating: 0, count: head.rows)
        let x = try head.activations(team: team)
        #expect(try Screening(rows: head.rows).run(head.split(), x, greatest: 2, into: &found, team: team))
        for index in 1...5 { #expect(found[7 * index] > -.infinity) }
    }

    /// Where none stands out nothing is saved, and that is said.
    @Test func randomHeadsAreNotScreened() throws {
        let head = try Head(rows: 2000, cosines: [])
        let team = ThreadTeam(threads: 2)
        var found = [Float](repeating: 0, count: head.rows)
        let (weights, x) = (try head.split(), try head.activations(team: team))
        #expect(try !Screening(rows: head.rows).run(weights, x, greatest: 40, into: &found, team: team))
    }

    @Test func valuesThatAreNotFiniteAreNotHidden() throws {
        let head = try Head(rows: 2000, cosines: [0.9])
        let team = ThreadTeam(threads: 1)
        var x = head.x
        x[3] = .nan
        let activations = try Activations(rows: 1, columns: Head.columns, [.int8Blocks256])
        activations.load(
            x, rows: 1, columns: Head.columns, rowStride: Head.columns, scheme: .int8Blocks256, team: team)
        var found = [Float](repeating: 0, count: head.rows)
        #expect(try !Screening(rows: head.rows).run(head.split(), activations, greatest: 1, into: &found, team: team))
    }
}
