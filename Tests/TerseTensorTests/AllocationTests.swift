import Testing

@testable import TerseTensor

/// Memory that cannot be had is an error that says how much was wanted, never a trap.
@Suite struct AllocationTests {
    @Test func buffersAreAlignedAndZeroed() throws {
        for count in [0, 1, 17, 100_000] {
            let buffer = try AlignedBuffer<Float>(count: count)
            #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
            #expect(buffer.buffer.allSatisfy { $0 == 0 })
            #expect(buffer.byteCount == 4 * count)
        }
    }

    @Test func sizesThatOverflowAreNamed() {
        #expect(throws: TensorError(.badShape, "a buffer cannot hold \(Int.max) elements of 4 bytes")) {
            try AlignedBuffer<Float>(count: .max)
        }
        #expect(throws: TensorError(.badShape, "a buffer cannot hold -1 elements of 4 bytes")) {
            try AlignedBuffer<Float>(count: -1)
        }
        #expect(throws: TensorError(.badShape, "a buffer cannot hold \(1 << 40) rows of \(1 << 30) elements")) {
            try AlignedBuffer<Float>(rows: 1 << 40, columns: 1 << 30)
        }
    }

    /// More than an address space holds.
    @Test func memoryThatIsNotThereIsNamed() throws {
        let rows = 1 << 54
        func expectRefusal(_ bytes: Int, _ body: () throws -> Void) {
            let error = #expect(throws: TensorError.self, performing: body)
            #expect(error?.code == .system)
            #expect(error?.message.hasPrefix("cannot reserve \(bytes) bytes of memory: ") == true, "\(error as Any)")
        }
        expectRefusal(4 * rows) { _ = try AlignedBuffer<Float>(count: rows) }
        expectRefusal(4 * rows) { _ = try KVBatch(maxRows: rows) }
        expectRefusal(4 * rows * 8) {
            _ = try RotaryTable(inverseFrequencies: Array(repeating: 1, count: 8), maxRows: rows)
        }
        var capacity = ActivationCapacity(rows: rows)
        capacity.include(.float32, columns: 16)
        expectRefusal(4 * rows * 16) { _ = try Activations(capacity) }
        let layout = try KVLayout(type: .f16, layers: 1, kvHeads: 1, headDimension: 8)
        func attention(_ threads: Int) throws -> Attention {
            try Attention(layout: layout, queryHeads: 1, maxRows: 1, maxPositions: 1, threads: threads)
        }
        let threadBytes = try attention(2).byteCount - attention(1).byteCount
        expectRefusal(threadBytes << 40) { _ = try attention(1 << 40) }
    }

    /// Only the layouts that are asked for are reserved, and the sizes are known beforehand.
    @Test func activationsReserveWhatTheirSchemesNeed() throws {
        var plain = ActivationCapacity(rows: 10)
        plain.include(.float32, columns: 300)
        var quantized = ActivationCapacity(rows: 10)
        quantized.include(.int8Row, columns: 300)
        quantized.include(.int8Blocks32, columns: 64)
        var both = plain
        both.include(.int8Blocks256, columns: 300)
        let (rowScales, sums) = (10 * 4, 10 * 4)
        #expect(try Activations(plain).byteCount == plain.byteCount)
        #expect(try Activations(quantized).byteCount == quantized.byteCount)
        #expect(both.byteCount == plain.byteCount + quantized.byteCount - rowScales - sums)
        #expect(plain.holds(rows: 10, columns: 300, .float32) && !plain.holds(rows: 1, columns: 1, .int8Row))
        #expect(!quantized.holds(rows: 11, columns: 300, .int8Row) && !quantized.holds(rows: 1, columns: 1, .float32))
        #expect(quantized.holds(rows: 10, columns: 300, .int8Blocks32))
    }
}
