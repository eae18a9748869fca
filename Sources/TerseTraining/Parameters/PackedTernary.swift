import TerseTensor

/// Ternary projections in the blocks that serving multiplies by, two bits a weight: so a BitLinear's forward pass runs
/// through the serving kernels, in exact sums of integers, several times as fast as through floats.
final class PackedTernary {
    /// Of each parameter; nil where there is none: no projection, or rows that are no whole number of blocks.
    private var tensors: [Tensor?] = []
    private let memory: AlignedBuffer<UInt8>
    private let offsets: [Int?]
    private let layout: ParameterLayout

    static let type = ElementType.tq2_0

    init(_ layout: ParameterLayout) throws(TensorError) {
        self.layout = layout
        var count = 0
        offsets = layout.parameters.map { parameter in
            guard parameter.role == .projection,
                let rowBytes = Self.type.rowBytes(elements: parameter.columns)
            else { return nil }
            defer { count += (parameter.rows * rowBytes + 63) / 64 * 64 }
            return count
        }
        memory = try AlignedBuffer(count: count)
    }

    var byteCount: Int { memory.byteCount }

    /// The matrices of `range`, or nil unless all of them are packed.
    func matrices(_ range: Range<Int>) -> [Tensor]? {
        guard !tensors.isEmpty else { return nil }
        let found = tensors[range].compactMap { $0 }
        return found.count == range.count ? found : nil
    }

    /// Packs what `parameters` made ternary. No product reads meanwhile.
    func pack(_ parameters: ParameterSet<Float>, team: ThreadTeam) {
        tensors = Array(repeating: nil, count: layout.parameters.count)
        for (index, parameter) in layout.parameters.enumerated() {
            guard let offset = offsets[index], let rowBytes = Self.type.rowBytes(elements: parameter.columns) else {
                continue
            }
            let (source, target) = (parameters.effective(index), memory.pointer + offset)
            let inverse = Double(1 / parameters.scales[index])
            team.run(chunks: parameter.rows) { row, _ in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: parameter.columns) { buffer in
                    let trits = buffer.baseAddress!
                    trits.update(from: source + row * parameter.columns, count: parameter.columns)
                    TrainingMath<Float>.scale(trits, by: inverse, count: parameter.columns)
                    // Rows are whole blocks, and weights that are not finite make the loss no number, which is reported.
                    try? BlockCodec.quantize(
                        trits, count: parameter.columns, as: Self.type, into: target + row * rowBytes)
                }
            }
            let bytes = TensorBytes(pointer: target, count: parameter.rows * rowBytes, owner: memory)
            tensors[index] = try? Tensor(
                type: Self.type, shape: parameter.shape, bytes: bytes, scale: parameters.scales[index])
        }
    }
}
