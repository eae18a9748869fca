/// What an answer took, as the worker's engine or the gateway's relay measured it.
struct AnswerTimes: Sendable, Equatable {
    let firstToken: Duration
    /// Each token after the first, on average; nil where there was none.
    let perToken: Duration?

    init(firstToken: Duration, perToken: Duration?) { (self.firstToken, self.perToken) = (firstToken, perToken) }

    /// Seconds, for the header of an answer that is not streamed.
    var header: String { "\(firstToken / .seconds(1)) \((perToken ?? .zero) / .seconds(1))" }

    /// - Returns: nil for what no worker says.
    init?(header: String) {
        let numbers = header.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 2, numbers.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e9 }) else { return nil }
        self.init(firstToken: .seconds(numbers[0]), perToken: numbers[1] > 0 ? .seconds(numbers[1]) : nil)
    }
}
