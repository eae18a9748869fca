import Foundation
import Testing

@testable import TerseTensor

@Suite struct BlockCodecTests {
    static let writable = ElementType.allCases.filter { BlockCodec.canQuantize(to: $0) }

    /// Random, constant, zero, subnormal and huge rows.
    @Test(arguments: writable)
    func bytesAreThoseOfTheReferenceQuantisers(type: ElementType) throws {
        let fixture = try CodecFixture()
        let part = try #require(fixture.parts[type])
        var blocks = [UInt8](repeating: 0xaa, count: part.bytes.count)
        let rowBytes = try #require(type.rowBytes(elements: part.columns))
        for row in 0..<part.rows {
            let range = row * rowBytes..<(row + 1) * rowBytes
            let values = Array(fixture.values[row * part.columns..<(row + 1) * part.columns])
            try blocks[range].withUnsafeMutableBytes { bytes in
                try BlockCodec.quantize(values, count: part.columns, as: type, into: bytes.baseAddress!)
            }
            #expect(blocks[range] == part.bytes[range], "row \(row)")
        }
    }

    @Test(arguments: writable + [.i2S])
    func valuesAreThoseOfTheReferenceDecoders(type: ElementType) throws {
        let part = try #require(try CodecFixture().parts[type])
        var values = [Float](repeating: .nan, count: part.rows * part.columns)
        BlockCodec.dequantize(part.bytes, count: values.count, as: type, into: &values)
        #expect(CodecFixture.hash(values) == part.decodedHash)
    }

    @Test(arguments: writable)
    func whatIsNotFiniteIsRefusedByName(type: ElementType) throws {
        for bad in [Float.infinity, -.infinity, .nan] {
            var x = [Float](repeating: 0.5, count: 512)
            x[300] = bad
            var blocks = [UInt8](repeating: 0, count: 4096)
            let error = #expect(throws: TensorError.self) {
                try BlockCodec.quantize(x, count: 512, as: type, into: &blocks)
            }
            #expect(error?.code == .badValue)
            #expect(error?.message.contains("element 300") == true)
        }
    }

    @Test(arguments: [ElementType.f16, .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q4K, .q5K, .q6K, .tq1_0, .tq2_0])
    func whatOverflowsAHalfPrecisionScaleIsRefused(type: ElementType) throws {
        var x = [Float](repeating: 0, count: 256)
        x[7] = -3e38
        var blocks = [UInt8](repeating: 0, count: 1024)
        let error = #expect(throws: TensorError.self) {
            try BlockCodec.quantize(x, count: 256, as: type, into: &blocks)
        }
        #expect(error?.message.contains("element 7") == true)
    }

    @Test func badRequestsAreRefused() {
        var blocks = [UInt8](repeating: 0, count: 1024)
        let x = [Float](repeating: 0, count: 256)
        #expect(throws: TensorError.self) { try BlockCodec.quantize(x, count: 128, as: .i2S, into: &blocks) }
        #expect(throws: TensorError.self) { try BlockCodec.quantize(x, count: 8, as: .i32, into: &blocks) }
        #expect(throws: TensorError.self) { try BlockCodec.quantize(x, count: 33, as: .q4_0, into: &blocks) }
        #expect(throws: TensorError.self) { try BlockCodec.quantize(x, count: 128, as: .q4K, into: &blocks) }
    }

    @Test func embeddingRowsHaveTheTensorsScale() throws {
        let part = try #require(try CodecFixture().parts[.i2S])
        let bytes = TensorBytes(count: part.bytes.count) { $0.copyBytes(from: part.bytes) }
        let tensor = try Tensor(type: .i2S, shape: [part.columns, part.rows], bytes: bytes, scale: 0.25)
        var expected = [Float](repeating: 0, count: part.columns)
        BlockCodec.dequantize(bytes.pointer + tensor.rowBytes, count: part.columns, as: .i2S, into: &expected)
        var row = [Float](repeating: 0, count: part.columns)
        VectorMath.dequantize(tensor, row: 1, into: &row)
        #expect(row == expected.map { $0 * 0.25 })
        #expect(Set(row) == [-0.25, 0, 0.25])
    }
}
