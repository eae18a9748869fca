import TerseModel

/// A token as it was chosen.
public struct GeneratedToken: Sendable, Equatable {
    public let id: Int32
    /// If the request asks for it.
    public let probabilities: LogProbabilities?

    public init(id: Int32, probabilities: LogProbabilities? = nil) {
        self.id = id
        self.probabilities = probabilities
    }

    /// About what it takes.
    var byteCount: Int {
        MemoryLayout<Self>.stride + (probabilities?.top.count ?? 0) * MemoryLayout<LogProbabilities.Entry>.stride
    }
}
