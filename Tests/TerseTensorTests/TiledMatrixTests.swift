import CTerseKernels
import Testing

@testable import TerseTensor

/// Rows side by side: the order of the bytes changes no bit of a product. The kernels themselves are checked in C.
@Suite(.enabled(if: MatrixMultiply.Kernels.selected.tiled(.q8_0) != nil, "this processor has no kernels for tiles"))
struct TiledMatrixTests {
    private static let types = ElementType.allCases.filter { MatrixMultiply.Kernels.selected.tiled($0) != nil }

    private func tensor(_ type: ElementType, rows: Int, columns: Int) throws -> Tensor {
        var numbers = TestNumbers(seed: 5)
        let floats = numbers.normals(rows * columns)
        let rowBytes = try #require(type.rowBytes(elements: columns))
        let bytes = try TensorBytes(count: rows * rowBytes) { memory in
            try floats.withUnsafeBufferPointer { floats in
                for row in 0..<rows {
                    try BlockCodec.quantize(
                        floats.baseAddress! + row * columns, count: columns, as: type,
                        into: memory.baseAddress! + row * rowBytes)
                }
            }
        }
        return try Tensor(type: type, shape: [columns, rows], bytes: bytes, scale: 0.75)
    }

    private func product(
        _ weights: WeightMatrix, _ scheme: ActivationScheme, batch: Int, threads: Int, chunkRows: Int? = nil
    ) throws -> [UInt32] {
        var numbers = TestNumbers(seed: 6)
        let team = ThreadTeam(threads: threads)
        let activations = try Activations(rows: batch, columns: weights.columns, [scheme])
        activations.load(
            numbers.normals(batch * weights.columns), rows: batch, columns: weights.columns,
            rowStride: weights.columns, scheme: scheme, team: team)
        var y = [Float](repeating: .signalingNaN, count: batch * weights.rows)
        y.withUnsafeMutableBufferPointer { y in
            let product = MatrixProduct(weights, into: y.baseAddress!, rowStride: weights.rows)
            MatrixMultiply.run(product, activations, team: team, kernels: .selected, chunkRows: chunkRows)
        }
        return y.map(\.bitPattern)
    }

    @Test(arguments: types)
    func agreesWithTheFilesLayout(type: ElementType) throws {
        let tensor = try tensor(type, rows: 83, columns: 768)
        #expect(MatrixLayout.tiled.canHold(tensor))
        let tiled = try #require(try MatrixLayout.tiled.matrix(tensor, team: ThreadTeam(threads: 3)))
        #expect((tiled.rows, tiled.columns) == (83, 768))
        for batch in [1, 2, 8, 21] {
            let expected = try product(.rows(tensor), type.activationScheme, batch: batch, threads: 2)
            for (threads, chunkRows) in [(1, nil), (3, 16), (2, 48)] {
                let found = try product(
                    tiled, type.activationScheme, batch: batch, threads: threads, chunkRows: chunkRows)
                #expect(found == expected, "batch \(batch), \(threads) threads")
            }
        }
    }

    /// Tied heads are embeddings, too.
    @Test(arguments: types)
    func rowsAreLookedUp(type: ElementType) throws {
        let columns = type.blockElements == 32 ? 288 : 512
        let tensor = try tensor(type, rows: 37, columns: columns)
        for layout in [MatrixLayout.tiled, .split] where layout.canHold(tensor) {
            let matrix = try #require(try layout.matrix(tensor, team: ThreadTeam(threads: 2)))
            for row in [0, 15, 16, 36] {
                var expected = [Float](repeating: 0, count: columns)
                var found = expected
                VectorMath.dequantize(tensor, row: row, into: &expected)
                VectorMath.dequantize(matrix, row: row, into: &found)
                #expect(found == expected)
            }
        }
    }

    @Test func otherTypesStayAsTheyAre() throws {
        let bytes = TensorBytes(count: 4 * 256) { _ in }
        #expect(!MatrixLayout.tiled.canHold(try Tensor(type: .f32, shape: [256, 1], bytes: bytes)))
    }
}
