import TerseTensor

/// From hidden states to logits and tokens. Where few logits are wanted, those that cannot be among them are not computed.
public final class OutputHead {
    private let model: Model
    private let team: ThreadTeam
    private let scheme: ActivationScheme
    private let activations: Activations
    private let buffer: AlignedBuffer<Float>
    private let candidates: CandidateSet
    private let screening: Screening?
    /// Passes until screening is tried again: it does not pay where the logits are close together.
    private var screeningPause = (left: 0, length: 0)
    /// The most rows of logits computed together.
    public let maxRows: Int
    /// Bytes of weights that all logits so far were computed from, once for the rows that were computed together.
    public private(set) var bytesRead = 0

    init(_ model: Model, maxRows: Int, team: ThreadTeam) throws(ModelError) {
        let vocabulary = model.configuration.vocabularySize
        self.model = model
        self.team = team
        self.maxRows = maxRows
        scheme = model.scheme(for: model.output.weights)
        let capacity = Self.capacity(model, rows: maxRows)
        (activations, buffer) = try ModelError.reserving("\(maxRows) rows of \(vocabulary) logits") {
            () throws(TensorError) in (try Activations(capacity), try AlignedBuffer(rows: maxRows, columns: vocabulary))
        }
        candidates = try CandidateSet(vocabularySize: vocabulary)
        screening = try ModelError.reserving("screening \(vocabulary) logits") { () throws(TensorError) in
            Self.canScreen(model) ? try Screening(rows: vocabulary) : nil
        }
    }

    /// Whether the head's weights lie in halves; a bias would enter the bounds.
    private static func canScreen(_ model: Model) -> Bool {
        if case .split = model.output.weights { model.output.bias == nil } else { false }
    }

    /// Bytes that a head for `rows` rows of logits reserves.
    static func byteCount(_ model: Model, rows: Int) -> Int {
        let vocabulary = model.configuration.vocabularySize
        return rows * vocabulary * MemoryLayout<Float>.stride + CandidateSet.byteCount(vocabularySize: vocabulary)
            + capacity(model, rows: rows).byteCount + (canScreen(model) ? Screening.byteCount(rows: vocabulary) : 0)
    }

    /// Bytes reserved.
    var byteCount: Int {
        activations.byteCount + buffer.byteCount + candidates.byteCount
            + (screening == nil ? 0 : Screening.byteCount(rows: model.configuration.vocabularySize))
    }

    private static func capacity(_ model: Model, rows: Int) -> ActivationCapacity {
        var capacity = ActivationCapacity(rows: rows)
        capacity.include(model.scheme(for: model.output.weights), columns: model.configuration.hiddenSize)
        return capacity
    }

    /// The logits of `rows` hidden states, [rows, vocabulary]; valid until the next call.
    /// - Parameters:
    ///   - hidden: [rows, hidden].
    ///   - greatest: how many of the greatest logits of each row are wanted; nil: all. Logits that are not among them may
    ///     be −infinity instead of what they are.
    public func logits(
        _ hidden: UnsafePointer<Float>, rows: Int, greatest: Int? = nil
    ) -> UnsafeMutableBufferPointer<Float> {
        precondition(rows > 0 && rows <= maxRows, "\(rows) rows of logits where 1…\(maxRows) fit")
        let configuration = model.configuration
        let vocabulary = configuration.vocabularySize
        activations.load(
            hidden, rows: rows, columns: configuration.hiddenSize, rowStride: configuration.hiddenSize,
            scheme: scheme, team: team)
        let result = UnsafeMutableBufferPointer(start: buffer.pointer, count: rows * vocabulary)
        if let greatest, screen(greatest) { return result }
        bytesRead += model.headBytes
        MatrixMultiply.run(
            MatrixProduct(model.output.weights, into: buffer.pointer, rowStride: vocabulary), activations, team: team)
        if let bias = model.output.bias {
            VectorMath.addBias(buffer.pointer, rows: rows, columns: vocabulary, bias: bias.pointer, team: team)
        }
        return result
    }

    /// Computes the greatest logits of what the activations hold, if they can be told from the others cheaply.
    private func screen(_ count: Int) -> Bool {
        guard let screening, case .split(let weights) = model.output.weights, count <= Screening.countMax,
            activations.rows <= Screening.rowsMax
        else { return false }
        guard screeningPause.left == 0 else {
            screeningPause.left -= 1
            return false
        }
        let hasPaid = screening.run(weights, activations, greatest: count, into: buffer.pointer, team: team)
        bytesRead += screening.bytesRead
        let length = hasPaid ? 0 : min(2 * screeningPause.length + 1, Self.screeningPauseMax)
        screeningPause = (length, length)
        return hasPaid
    }

    private static let screeningPauseMax = 63

    /// Chooses the token that follows a hidden state.
    /// - Throws: `ModelError` (`notFinite`) when the logits are not numbers.
    public func sample(_ hidden: UnsafePointer<Float>, _ sampler: inout Sampler) throws(ModelError) -> Int32 {
        try sample(logits(hidden, rows: 1, greatest: sampler.logitsWanted), &sampler)
    }

    /// Chooses a token from one row of logits.
    /// - Throws: `ModelError` (`notFinite`) when they are not numbers.
    func sample(_ logits: UnsafeMutableBufferPointer<Float>, _ sampler: inout Sampler) throws(ModelError) -> Int32 {
        try sampler.sample(logits, candidates: candidates)
    }
}
