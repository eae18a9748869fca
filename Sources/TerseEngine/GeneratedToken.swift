import TerseModel

/// A token as it was chosen.
public struct GeneratedToken: Sendable, Equatable {
    public let id: Int32
    /// If the request asks for it.
    public let probabilities: LogProbabilities?
    /// Where its text begins: how many bytes of the generation's text come before, those held back or never told included.
    public let textStart: Int

    public init(id: Int32, probabilities: LogProbabilities? = nil, textStart: Int = 0) {
        self.id = id
        self.probabilities = probabilities
        self.textStart = textStart
    }

    /// About what it takes.
    var byteCount: Int {
        MemoryLayout<Self>.stride + (probabilities?.top.count ?? 0) * MemoryLayout<LogProbabilities.Entry>.stride
    }
}
