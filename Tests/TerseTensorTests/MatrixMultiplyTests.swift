import CTerseKernels
import Foundation
import Testing

@testable import TerseTensor

/// A weight matrix and inputs, with both as plain numbers for a product in double precision.
private struct Product {
    let weights: Tensor
    let x: [Float]
    let batch: Int
    var rows: Int { weights.rows }
    var columns: Int { weights.columns }

    init(_ type: ElementType, rows: Int, columns: Int, batch: Int, seed: UInt64 = 1) throws {
        var numbers = TestNumbers(seed: seed)
        let floats = numbers.normals(rows * columns, scale: 0.5)
        self.batch = batch
        x = numbers.normals(batch * columns)
        weights = try Self.tensor(type, floats, rows: rows, columns: columns, numbers: &numbers)
    }

    private static func tensor(
        _ type: ElementType, _ floats: [Float], rows: Int, columns: Int, numbers: inout TestNumbers
    ) throws -> Tensor {
        let rowBytes = try #require(type.rowBytes(elements: columns))
        let bytes = try TensorBytes(count: rows * rowBytes) { memory in
            guard BlockCodec.canQuantize(to: type) else {  // I2_S: any two bits below 3 are a weight.
                for index in memory.indices {
                    memory[index] = (0..<4).reduce(0) { $0 | UInt8(numbers.next() % 3) << (2 * $1) }
                }
                return
            }
            try floats.withUnsafeBufferPointer { source in
                for row in 0..<rows {
                    try BlockCodec.quantize(
                        source.baseAddress! + row * columns, count: columns, as: type,
                        into: memory.baseAddress! + row * rowBytes)
                }
            }
        }
        return try Tensor(type: type, shape: [columns, rows], bytes: bytes, scale: 0.75)
    }

    /// The weights as numbers, the tensor's scale left out.
    func dequantized() -> [Float] {
        var out = [Float](repeating: 0, count: rows * columns)
        out.withUnsafeMutableBufferPointer { out in
            for row in 0..<rows {
                BlockCodec.dequantize(
                    weights.bytes.pointer + row * weights.rowBytes, count: columns, as: weights.type,
                    into: out.baseAddress! + row * columns)
            }
        }
        return out
    }

    func activations(
        _ scheme: ActivationScheme, team: ThreadTeam, rows: Range<Int>? = nil,
        kernels: MatrixMultiply.Kernels = .selected
    ) throws -> Activations {
        let rows = rows ?? 0..<batch
        let activations = try Activations(rows: rows.count, columns: columns, [scheme])
        x.withUnsafeBufferPointer { x in
            activations.load(
                x.baseAddress! + rows.lowerBound * columns, rows: rows.count, columns: columns, rowStride: columns,
                scheme: scheme, team: team, kernels: kernels)
        }
        return activations
    }

    /// [batch][rows]
    func run(
        _ scheme: ActivationScheme, threads: Int, rows: Range<Int>? = nil, chunkRows: Int? = nil,
        kernels: MatrixMultiply.Kernels = .selected
    ) throws -> [Float] {
        let team = ThreadTeam(threads: threads)
        let activations = try activations(scheme, team: team, rows: rows, kernels: kernels)
        var y = [Float](repeating: .signalingNaN, count: activations.rows * self.rows)
        y.withUnsafeMutableBufferPointer { y in
            let product = MatrixProduct(.rows(weights), into: y.baseAddress!, rowStride: self.rows)
            MatrixMultiply.run(product, activations, team: team, kernels: kernels, chunkRows: chunkRows)
        }
        return y
    }
}

private let weightTypes = ElementType.allCases.filter(\.isWeightType)

/// The instruction sets of this processor and build beside the scalar one.
private let vectorSets = InstructionSet.allCases.filter { set in
    set != .scalar && set.isSupported && MatrixMultiply.Kernels(terse_isa(set.rawValue)) != nil
}

private func schemes(of type: ElementType) -> [ActivationScheme] { ActivationScheme.allCases.filter(type.accepts) }

private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

@Suite struct MatrixMultiplyTests {
    /// Against products in double precision of the dequantised weights with the activations as they were quantised.
    @Test(arguments: weightTypes)
    func agreesWithDoublePrecision(type: ElementType) throws {
        let product = try Product(type, rows: 37, columns: type == .i2S ? 384 : 512, batch: 3)
        let w = product.dequantized()
        for scheme in schemes(of: type) {
            let team = ThreadTeam(threads: 1)
            let activations = try product.activations(scheme, team: team)
            let y = try product.run(scheme, threads: 2)
            for t in 0..<product.batch {
                let x = activations.dequantized(row: t)
                for m in 0..<product.rows {
                    var expected = 0.0
                    var magnitude = 0.0
                    for k in 0..<product.columns {
                        let term = Double(w[m * product.columns + k]) * x[k] * 0.75
                        expected += term
                        magnitude += abs(term)
                    }
                    let found = Double(y[t * product.rows + m])
                    #expect(abs(found - expected) <= 2e-6 * magnitude, "\(type.name) \(scheme) [\(t)][\(m)]")
                }
            }
        }
    }

    @Test(arguments: weightTypes)
    func threadsAndChunksDoNotMatter(type: ElementType) throws {
        let product = try Product(type, rows: 83, columns: 256, batch: 6)
        for scheme in schemes(of: type) {
            let expected = try bits(product.run(scheme, threads: 1))
            for threads in 2...5 { #expect(try bits(product.run(scheme, threads: threads)) == expected) }
            for chunkRows in [1, 7, 16, 64, 100] {
                #expect(try bits(product.run(scheme, threads: 3, chunkRows: chunkRows)) == expected)
            }
        }
    }

    @Test(arguments: weightTypes)
    func otherRowsDoNotMatter(type: ElementType) throws {
        let product = try Product(type, rows: 21, columns: 512, batch: 33)
        for scheme in schemes(of: type) {
            let alone = try (0..<product.batch).flatMap { try product.run(scheme, threads: 1, rows: $0..<$0 + 1) }
            for count in 1...33 {
                let together = try product.run(scheme, threads: 2, rows: 0..<count)
                #expect(bits(together) == bits(Array(alone[..<(count * product.rows)])), "\(type.name), \(count) rows")
            }
        }
    }

    /// The kernels of every instruction set of this processor against the scalar ones, on one row and on many, on columns
    /// that fill the vectors and columns that do not.
    @Test(
        .enabled(if: vectorSets.count > 0, "this processor has scalar kernels alone"), arguments: weightTypes,
        vectorSets)
    func instructionSetsAgree(type: ElementType, set: InstructionSet) throws {
        let scalar = try #require(MatrixMultiply.Kernels(TERSE_ISA_SCALAR))
        let kernels = try #require(MatrixMultiply.Kernels(terse_isa(set.rawValue)))
        #expect(kernels.rows != scalar.rows)
        let block = type.blockElements
        for columns in [3 * 256, block == 1 ? 77 : 5 * block] {
            for batch in [1, 5, 18] {
                let product = try Product(type, rows: 50, columns: columns, batch: batch, seed: UInt64(batch))
                for scheme in schemes(of: type) {
                    let expected = try bits(product.run(scheme, threads: 1, kernels: scalar))
                    #expect(try bits(product.run(scheme, threads: 1, kernels: kernels)) == expected)
                }
            }
        }
    }

    @Test func severalMatricesShareInputs() throws {
        let products = try (1...3).map { try Product(.q4K, rows: 40 * $0, columns: 256, batch: 2, seed: 7) }
        let team = ThreadTeam(threads: 3)
        let activations = try products[0].activations(.int8Blocks256, team: team)
        let alone = products.map { product in
            var y = [Float](repeating: 0, count: 2 * product.rows)
            MatrixMultiply.run(product.weights, activations, into: &y, rowStride: product.rows, team: team)
            return y
        }
        let buffers = try products.map { try AlignedBuffer<Float>(count: 2 * $0.rows) }
        let together = (0..<3).map {
            MatrixProduct(.rows(products[$0].weights), into: buffers[$0].pointer, rowStride: products[$0].rows)
        }
        MatrixMultiply.run(together[0], together[1], together[2], activations, team: team)
        for i in 0..<3 { #expect(bits(Array(buffers[i].buffer)) == bits(alone[i])) }
        for buffer in buffers { buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0) }
        MatrixMultiply.run(together[2], together[0], activations, team: team)
        for i in [0, 2] { #expect(bits(Array(buffers[i].buffer)) == bits(alone[i])) }
    }

    @Test func valuesThatAreNotFiniteStayInTheirRow() throws {
        for type in [ElementType.f16, .q8_0, .q6K, .tq2_0, .i2S] {
            let whole = try Product(type, rows: 9, columns: 512, batch: 3)
            for scheme in schemes(of: type) {
                let team = ThreadTeam(threads: 1)
                var x = whole.x
                x[512 + 100] = .nan
                let activations = try Activations(rows: 3, columns: 512, [scheme])
                activations.load(x, rows: 3, columns: 512, rowStride: 512, scheme: scheme, team: team)
                var y = [Float](repeating: 0, count: 27)
                MatrixMultiply.run(whole.weights, activations, into: &y, rowStride: 9, team: team)
                let clean = try whole.run(scheme, threads: 1)
                #expect(bits(Array(y[..<9] + y[18...])) == bits(Array(clean[..<9] + clean[18...])))
                #expect(y[9..<18].allSatisfy { $0.isNaN })
            }
        }
    }
}

@Suite struct ActivationTests {
    /// Quants within half a step of the value, the largest magnitude of a group exactly ±127.
    @Test(arguments: [(ActivationScheme.int8Blocks32, 32), (.int8Blocks256, 256), (.int8Row, 672)])
    func quantizesToNearest(scheme: ActivationScheme, group: Int) throws {
        var numbers = TestNumbers(seed: 3)
        let columns = 672
        let x = numbers.normals(columns)
        let activations = try Activations(rows: 1, columns: columns, [scheme])
        activations.load(x, rows: 1, columns: columns, rowStride: columns, scheme: scheme, team: ThreadTeam(threads: 1))
        let found = activations.dequantized(row: 0)
        for begin in stride(from: 0, to: columns, by: group) {
            let range = begin..<min(begin + group, columns)
            let largest = range.map { abs(x[$0]) }.max()!
            for k in range {
                #expect(abs(found[k] - Double(x[k])) <= Double(largest) / 254 * 1.0001)
                if abs(x[k]) == largest { #expect(abs(found[k] - Double(x[k])) <= Double(largest) * 1e-6) }
            }
        }
    }

    /// Ties go to even: with absmax 127 a value is its quant.
    @Test func roundsTiesToEven() throws {
        var x = [Float](repeating: 0, count: 32)
        x[0] = 127
        for (index, value) in [0.5, 1.5, 2.5, -0.5, -1.5, -2.5].enumerated() { x[index + 1] = Float(value) }
        let activations = try Activations(rows: 1, columns: 32, [.int8Blocks32])
        activations.load(x, rows: 1, columns: 32, rowStride: 32, scheme: .int8Blocks32, team: ThreadTeam(threads: 1))
        #expect(Array(activations.dequantized(row: 0)[1...6]) == [0, 2, 2, 0, -2, -2])
    }

    /// A row of almost nothing keeps BitNet's least scale; one of zeros is zeros in every scheme.
    @Test func smallRows() throws {
        let team = ThreadTeam(threads: 1)
        let activations = try Activations(rows: 1, columns: 256, ActivationScheme.allCases)
        let small = [Float](repeating: 1e-7, count: 256)
        activations.load(small, rows: 1, columns: 256, rowStride: 256, scheme: .int8Row, team: team)
        #expect(activations.dequantized(row: 0).allSatisfy { abs($0 - 1e-5 / 127) < 1e-12 })
        let zeros = [Float](repeating: 0, count: 256)
        for scheme in ActivationScheme.allCases where scheme != .float32 && scheme != .int8Packed {
            activations.load(zeros, rows: 1, columns: 256, rowStride: 256, scheme: scheme, team: team)
            #expect(activations.dequantized(row: 0).allSatisfy { $0 == 0 })
        }
    }
}

extension Activations {
    convenience init(rows: Int, columns: Int, _ schemes: [ActivationScheme]) throws {
        var capacity = ActivationCapacity(rows: rows)
        for scheme in schemes { capacity.include(scheme, columns: columns) }
        try self.init(capacity)
    }

    /// What the loaded numbers stand for.
    func dequantized(row: Int) -> [Double] {
        let view = view
        return (0..<columns).map { k in
            if scheme == .float32 { return Double(view.values[row * Int(view.value_stride) + k]) }
            return withUnsafePointer(to: view.blocks[row * Int(view.block_stride) + k / 256]) { block in
                let quant = withUnsafeBytes(of: block.pointee.quants) { Int8(bitPattern: $0[k % 256]) }
                let scale = withUnsafeBytes(of: block.pointee.scales) { $0.bindMemory(to: Float.self)[k % 256 / 32] }
                return Double(quant) * Double(scale) * Double(view.row_scales[row])
            }
        }
    }
}
