import TerseTensor

/// The weights of a model in training, their gradients, and what the forward pass sees of them: the weights themselves,
/// or in a ternary model −1, 0 and +1 times a scale for each projection.
final class ParameterSet<Scalar: TrainingScalar> {
    let layout: ParameterLayout
    /// Whether projections are made ternary in the forward pass.
    let isTernary: Bool
    /// Master weights. [layout.count]
    let weights: AlignedBuffer<Scalar>
    /// Gradients, added up since `clearGradients`. [layout.count]
    let gradients: AlignedBuffer<Scalar>
    /// Of each parameter, the scale of its ternary form; 1 where it has none. Current after `prepare`.
    private(set) var scales: [Scalar]
    /// The ternary projections at their offsets; nothing elsewhere.
    private let ternary: AlignedBuffer<Scalar>?
    /// The same as serving has them, in float32 models whose rows are whole blocks. Current after `prepare`.
    let packed: PackedTernary?
    private var isPrepared = false

    /// Zeros everywhere.
    /// - Throws: `TrainingError` (`system`).
    init(_ layout: ParameterLayout, isTernary: Bool) throws(TrainingError) {
        self.layout = layout
        self.isTernary = isTernary
        scales = Array(repeating: 1, count: layout.parameters.count)
        do {
            weights = try AlignedBuffer(count: layout.count)
            gradients = try AlignedBuffer(count: layout.count)
            ternary = isTernary ? try AlignedBuffer(count: layout.count) : nil
            packed = isTernary && Scalar.self == Float.self ? try PackedTernary(layout) : nil
        } catch {
            throw TrainingError(.system, "\(layout.weightCount) parameters: \(error.message)")
        }
    }

    /// Bytes of weights, gradients and the ternary forms; where a parameter has none, its place is of pages that nobody
    /// touches.
    var byteCount: Int {
        let projections = layout.parameters.filter { $0.role == .projection }.reduce(0) { $0 + $1.count }
        let ternaryBytes = ternary == nil ? 0 : projections * MemoryLayout<Scalar>.size
        return weights.byteCount + gradients.byteCount + ternaryBytes + (packed?.byteCount ?? 0)
    }

    /// Must follow every change of the weights.
    func weightsChanged() { isPrepared = false }

    /// Brings the ternary form up to date with the weights.
    func prepare(team: ThreadTeam) {
        guard !isPrepared else { return }
        if let ternary {
            for (index, parameter) in layout.parameters.enumerated() where parameter.role == .projection {
                scales[index] = TrainingMath.ternarize(
                    weights.pointer + parameter.offset, count: parameter.count,
                    into: ternary.pointer + parameter.offset, team: team)
            }
        }
        if let packed, let floats = self as? ParameterSet<Float> { packed.pack(floats, team: team) }
        isPrepared = true
    }

    /// What the forward pass multiplies by: the parameter at `index` and those that follow it without a gap.
    /// - Parameter index: into `layout.parameters`.
    func effective(_ index: Int) -> UnsafePointer<Scalar> {
        let parameter = layout.parameters[index]
        guard parameter.role == .projection, let ternary else { return weight(index) }
        return UnsafePointer(ternary.pointer + parameter.offset)
    }

    /// The master weights of the parameter at `index`.
    func weight(_ index: Int) -> UnsafePointer<Scalar> {
        UnsafePointer(weights.pointer + layout.parameters[index].offset)
    }

    /// The gradient of the parameter at `index`.
    func gradient(_ index: Int) -> UnsafeMutablePointer<Scalar> {
        gradients.pointer + layout.parameters[index].offset
    }

    /// Sets all gradients to zero.
    func clearGradients() {
        gradients.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
}
