import CTerseKernels
import Testing

@testable import TerseTensor

/// Ternary weights of one magnitude a row, as a file has them, and inputs. [rows][columns], [batch][columns]
private struct TernaryProduct {
    let tensor: Tensor
    let trits: [Int8]
    let magnitudes: [Float]
    let x: [Float]
    let batch: Int
    var rows: Int { tensor.rows }
    var columns: Int { tensor.columns }

    init(_ type: ElementType, rows: Int, columns: Int, batch: Int, seed: UInt64 = 1) throws {
        var numbers = TestNumbers(seed: seed)
        let trits = (0..<rows * columns).map { _ in Int8(numbers.next() % 3) - 1 }
        let magnitudes = (0..<rows).map { type == .i2S ? 1 : [0.5, 0.125, 1.5][$0 % 3] as Float }
        let rowBytes = try #require(type.rowBytes(elements: columns))
        let bytes = try TensorBytes(count: rows * rowBytes) { memory in
            for row in 0..<rows {
                let weights = trits[row * columns..<(row + 1) * columns]
                let out = UnsafeMutableRawBufferPointer(rebasing: memory[row * rowBytes..<(row + 1) * rowBytes])
                if type == .i2S {
                    for (k, trit) in weights.enumerated() {
                        out[k / 128 * 32 + k % 32] |= UInt8(trit + 1) << (6 - k % 128 / 32 * 2)
                    }
                } else {
                    let floats = weights.map { Float($0) * magnitudes[row] }
                    try BlockCodec.quantize(floats, count: columns, as: type, into: out.baseAddress!)
                }
            }
        }
        tensor = try Tensor(type: type, shape: [columns, rows], bytes: bytes, scale: 0.75)
        (self.trits, self.magnitudes, self.batch) = (trits, magnitudes, batch)
        x = numbers.normals(batch * columns)
    }

    /// [batch][rows]
    func run(
        _ weights: WeightMatrix, _ scheme: ActivationScheme, threads: Int = 2, inputs: Range<Int>? = nil,
        chunkRows: Int? = nil, kernels: MatrixMultiply.Kernels = .selected
    ) throws -> [Float] {
        let (inputs, team) = (inputs ?? 0..<batch, ThreadTeam(threads: threads))
        let activations = try Activations(rows: inputs.count, columns: columns, [scheme])
        x.withUnsafeBufferPointer { x in
            activations.load(
                x.baseAddress! + inputs.lowerBound * columns, rows: inputs.count, columns: columns, rowStride: columns,
                scheme: scheme, team: team, kernels: kernels)
        }
        var y = [Float](repeating: .signalingNaN, count: inputs.count * rows)
        y.withUnsafeMutableBufferPointer { y in
            let product = MatrixProduct(weights, into: y.baseAddress!, rowStride: rows)
            MatrixMultiply.run(product, activations, team: team, kernels: kernels, chunkRows: chunkRows)
        }
        return y
    }

    func packed(_ kernels: MatrixMultiply.Kernels = .selected) throws -> WeightMatrix {
        .packed(try #require(PackedMatrix(tensor, team: ThreadTeam(threads: 3), kernels: kernels)))
    }
}

private let ternaryTypes = [ElementType.tq1_0, .tq2_0, .i2S]

private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

@Suite struct PackedMatrixTests {
    /// Of I2_S not one bit changes; the others lose the rounding between their blocks.
    @Test(arguments: ternaryTypes)
    func agreesWithTheFilesLayout(type: ElementType) throws {
        for (rows, columns, batch) in [(37, 512, 3), (16, 2560, 1), (100, 768, 17)] {
            let product = try TernaryProduct(type, rows: rows, columns: columns, batch: batch)
            let found = try product.run(product.packed(), .int8Packed)
            let expected = try product.run(.rows(product.tensor), .int8Row)
            if type == .i2S { #expect(bits(found) == bits(expected)) }
            for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 1e-5 * 30) }
        }
    }

    @Test(arguments: ternaryTypes)
    func threadsChunksAndCompanyDoNotMatter(type: ElementType) throws {
        let product = try TernaryProduct(type, rows: 83, columns: 256, batch: 33)
        let weights = try product.packed()
        let alone = try (0..<33).flatMap { try product.run(weights, .int8Packed, threads: 1, inputs: $0..<$0 + 1) }
        for count in 1...33 {
            let together = try product.run(weights, .int8Packed, threads: count % 4 + 1, inputs: 0..<count)
            #expect(bits(together) == bits(Array(alone[..<(count * 83)])), "\(count) rows")
        }
        for chunkRows in [16, 32, 64, 96] {
            #expect(try bits(product.run(weights, .int8Packed, threads: 3, chunkRows: chunkRows)) == bits(alone))
        }
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
    func instructionSetsAgree(set: InstructionSet) throws {
        let kernels = try #require(MatrixMultiply.Kernels(terse_isa(set.rawValue)))
        for batch in [1, 4, 8, 13] {
            let product = try TernaryProduct(.tq2_0, rows: 50, columns: 1280, batch: batch, seed: UInt64(batch))
            let expected = try product.run(product.packed(), .int8Packed)
            let found = try product.run(product.packed(kernels), .int8Packed, kernels: kernels)
            #expect(bits(found) == bits(expected))
        }
    }

    /// Blocks of different scales in a row, and weights that are no trits, stay as they are.
    @Test func otherWeightsAreNotPacked() throws {
        let team = ThreadTeam(threads: 1)
        var numbers = TestNumbers(seed: 9)
        let floats = numbers.normals(3 * 512)
        let bytes = try TensorBytes(count: 3 * 132) { memory in
            for row in 0..<3 {
                try floats.withUnsafeBufferPointer {
                    try BlockCodec.quantize(
                        $0.baseAddress! + 512 * row, count: 512, as: .tq2_0, into: memory.baseAddress! + 132 * row)
                }
            }
        }
        let varied = try Tensor(type: .tq2_0, shape: [512, 3], bytes: bytes)
        #expect(PackedMatrix(varied, team: team) == nil)
        let twos = TensorBytes(count: 64) { $0.initializeMemory(as: UInt8.self, repeating: 0xff) }
        #expect(PackedMatrix(try Tensor(type: .i2S, shape: [256, 1], bytes: twos), team: team) == nil)
        let floatBytes = TensorBytes(count: 4 * 256) { _ in }
        #expect(PackedMatrix(try Tensor(type: .f32, shape: [256, 1], bytes: floatBytes), team: team) == nil)
    }

    @Test func valuesThatAreNotFiniteStayInTheirRow() throws {
        let product = try TernaryProduct(.i2S, rows: 20, columns: 256, batch: 3)
        let clean = try product.run(product.packed(), .int8Packed)
        let team = ThreadTeam(threads: 1)
        var x = product.x
        x[256 + 100] = .infinity
        let activations = try Activations(rows: 3, columns: 256, [.int8Packed])
        activations.load(x, rows: 3, columns: 256, rowStride: 256, scheme: .int8Packed, team: team)
        var y = [Float](repeating: 0, count: 60)
        try y.withUnsafeMutableBufferPointer { y in
            MatrixMultiply.run(
                MatrixProduct(try product.packed(), into: y.baseAddress!, rowStride: 20), activations, team: team)
        }
        #expect(bits(Array(y[..<20] + y[40...])) == bits(Array(clean[..<20] + clean[40...])))
        #expect(y[20..<40].allSatisfy { $0.isNaN })
    }
}
