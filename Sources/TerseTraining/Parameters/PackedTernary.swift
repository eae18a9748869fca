import TerseTensor

/// Ternary projections in the blocks that serving multiplies by, two bits a weight: so a BitLinear's forward pass runs
/// through the serving kernels, in exact sums of integers, several times as fast as through floats.
final class PackedTernary {
    /// Of each parameter; nil where it is no projection.
    private var tensors: [Tensor?] = []
    private let memory: AlignedBuffer<UInt8>
    private let offsets: [Int?]
    private let layout: ParameterLayout

    static let type = ElementType.tq2_0

    /// Nil where a projection's rows are no whole number of blocks: such a shape no recipe has.
    init?(_ layout: ParameterLayout) throws(TensorError) {
        guard layout.parameters.allSatisfy({ $0.role != .projection || $0.columns % Self.type.blockElements == 0 })
        else { return nil }
        self.layout = layout
        var count = 0
        offsets = layout.parameters.map { parameter in
            guard parameter.role == .projection, let rowBytes = Self.type.rowBytes(elements: parameter.columns)
            else { return nil }
            defer { count += (parameter.rows * rowBytes).roundedUp(to: 64) }
            return count
        }
        memory = try AlignedBuffer(count: count)
    }

    var byteCount: Int { memory.byteCount }

    /// The projections of `range`, as `pack` made them last.
    func matrices(_ range: Range<Int>) -> [Tensor] {
        let found = tensors[range].compactMap { $0 }
        precondition(found.count == range.count, "parameters \(range) are not all packed projections")
        return found
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
