import TerseTensor

/// Re-encodes the rows of a tensor, a slab at a time, in parallel.
struct RowConverter {
    /// Bytes of output held at once, unless one row is longer.
    private static let slabBytes = 8 << 20

    let tensor: Tensor
    let target: ElementType
    /// Whether the tensor's scale goes into the elements.
    let appliesScale: Bool
    let team: ThreadTeam
    /// The file and tensor that errors name.
    let what: String

    /// Calls `body` with the encoded rows, slab by slab in order.
    /// - Throws: `FormatError` naming the row that cannot be encoded, or what `body` throws.
    func run(_ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void) throws(FormatError) {
        guard let rowBytes = target.rowBytes(elements: tensor.columns), rowBytes > 0 else {
            throw FormatError(.invalid, "\(what): rows of \(tensor.columns) do not fit \(target.name)")
        }
        let slabRows = max(1, min(tensor.rows, Self.slabBytes / rowBytes))
        let slab: AlignedBuffer<UInt8> = try allocate(slabRows * rowBytes)
        let floats: AlignedBuffer<Float> = try allocate(team.threadCount * tensor.columns)
        let failed: AlignedBuffer<Bool> = try allocate(slabRows)
        for first in stride(from: 0, to: tensor.rows, by: slabRows) {
            let rows = min(slabRows, tensor.rows - first)
            let output = slab.bytes
            output.initializeMemory(as: UInt8.self, repeating: 0)
            team.run(chunks: rows) { row, thread in
                let values = floats.pointer + thread * tensor.columns
                let encoded = UnsafeMutableRawBufferPointer(rebasing: output[row * rowBytes..<(row + 1) * rowBytes])
                if (try? encode(first + row, values, into: encoded)) == nil { failed.pointer[row] = true }
            }
            if let row = failed.buffer.firstIndex(of: true) {
                let values = floats.pointer
                let encoded = UnsafeMutableRawBufferPointer(rebasing: output[..<rowBytes])
                do { try encode(first + row, values, into: encoded) } catch {
                    throw FormatError(.invalid, "\(what): row \(first + row): \(error.message)")
                }
            }
            try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<(rows * rowBytes)]))
        }
    }

    private func allocate<Element>(_ count: Int) throws(FormatError) -> AlignedBuffer<Element> {
        do { return try AlignedBuffer(count: count) } catch {
            throw FormatError(.system, "\(what): \(error.message)")
        }
    }

    private func encode(
        _ row: Int, _ values: UnsafeMutablePointer<Float>, into encoded: UnsafeMutableRawBufferPointer
    ) throws(TensorError) {
        let columns = tensor.columns
        BlockCodec.dequantize(
            tensor.bytes.pointer + row * tensor.rowBytes, count: columns, as: tensor.type, into: values)
        if appliesScale, tensor.scale != 1 {
            for column in 0..<columns { values[column] *= tensor.scale }
        }
        let buffer = UnsafeBufferPointer(start: values, count: columns)
        // The general quantiser of Q4_0 has no exact code for both −1 and 1.
        if target == .q4_0, buffer.allSatisfy({ $0 == 0 || abs($0) == 1 }) {
            return TernaryEncoder.encode(buffer, as: .q4_0, into: encoded)
        }
        guard let start = encoded.baseAddress else { return }
        try BlockCodec.quantize(values, count: columns, as: target, into: start)
    }
}
