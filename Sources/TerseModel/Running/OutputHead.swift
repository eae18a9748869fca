import TerseTensor

/// From hidden states to logits and tokens, apart from the layers, so that a head can come to be exact without
/// computing every logit.
public final class OutputHead {
    private let model: Model
    private let team: ThreadTeam
    private let scheme: ActivationScheme
    private let activations: Activations
    private let buffer: AlignedBuffer<Float>
    private let candidates: CandidateSet
    /// The most rows of logits computed together.
    public let maxRows: Int

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
    }

    /// Bytes that a head for `rows` rows of logits reserves.
    static func byteCount(_ model: Model, rows: Int) -> Int {
        let vocabulary = model.configuration.vocabularySize
        return rows * vocabulary * MemoryLayout<Float>.stride + CandidateSet.byteCount(vocabularySize: vocabulary)
            + capacity(model, rows: rows).byteCount
    }

    /// Bytes reserved.
    var byteCount: Int { activations.byteCount + buffer.byteCount + candidates.byteCount }

    private static func capacity(_ model: Model, rows: Int) -> ActivationCapacity {
        var capacity = ActivationCapacity(rows: rows)
        capacity.include(model.scheme(for: model.output.weights), columns: model.configuration.hiddenSize)
        return capacity
    }

    /// The logits of `rows` hidden states, [rows, vocabulary]; valid until the next call.
    /// - Parameter hidden: [rows, hidden].
    public func logits(_ hidden: UnsafePointer<Float>, rows: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(rows > 0 && rows <= maxRows, "\(rows) rows of logits where 1…\(maxRows) fit")
        let configuration = model.configuration
        let vocabulary = configuration.vocabularySize
        activations.load(
            hidden, rows: rows, columns: configuration.hiddenSize, rowStride: configuration.hiddenSize,
            scheme: scheme, team: team)
        MatrixMultiply.run(
            MatrixProduct(model.output.weights, into: buffer.pointer, rowStride: vocabulary), activations, team: team)
        if let bias = model.output.bias {
            VectorMath.addBias(buffer.pointer, rows: rows, columns: vocabulary, bias: bias.pointer, team: team)
        }
        return UnsafeMutableBufferPointer(start: buffer.pointer, count: rows * vocabulary)
    }

    /// Chooses the token that follows a hidden state.
    /// - Throws: `ModelError` (`notFinite`) when the logits are not numbers.
    public func sample(_ hidden: UnsafePointer<Float>, _ sampler: inout Sampler) throws(ModelError) -> Int32 {
        try sample(logits(hidden, rows: 1), &sampler)
    }

    /// Chooses a token from one row of logits.
    /// - Throws: `ModelError` (`notFinite`) when they are not numbers.
    func sample(_ logits: UnsafeMutableBufferPointer<Float>, _ sampler: inout Sampler) throws(ModelError) -> Int32 {
        try sampler.sample(logits, candidates: candidates)
    }
}
