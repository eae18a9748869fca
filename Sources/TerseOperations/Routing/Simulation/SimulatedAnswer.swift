/// What a request came to under a policy; for random mixing, in the mean.
struct SimulatedAnswer: Sendable, Equatable {
    var bitsPerByte: Double
    var seconds: Double
    var joules: Double
    /// The part that the best variant answered.
    var bestShare: Double

    init(bitsPerByte: Double, seconds: Double, joules: Double, bestShare: Double) {
        (self.bitsPerByte, self.seconds, self.joules) = (bitsPerByte, seconds, joules)
        self.bestShare = bestShare
    }

    /// Of one variant alone.
    init(_ request: TracedRequest, _ answer: TracedAnswer, isBest: Bool) {
        self.init(
            bitsPerByte: answer.bitsPerByte, seconds: request.seconds(answer), joules: answer.joules,
            bestShare: isBest ? 1 : 0)
    }

    /// A mixture, `share` of which is `other`.
    func mixed(with other: SimulatedAnswer, share: Double) -> SimulatedAnswer {
        func mean(_ quantity: KeyPath<SimulatedAnswer, Double>) -> Double {
            self[keyPath: quantity] * (1 - share) + other[keyPath: quantity] * share
        }
        return SimulatedAnswer(
            bitsPerByte: mean(\.bitsPerByte), seconds: mean(\.seconds), joules: mean(\.joules),
            bestShare: mean(\.bestShare))
    }
}
