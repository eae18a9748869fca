import Synchronization

/// The duty to answer a request that others wait for; gone, they are released without an answer.
final class FlightTicket: Sendable {
    private let key: AnswerKey
    private let singleFlight: SingleFlight
    private let hasLanded = Mutex(false)

    init(_ key: AnswerKey, _ singleFlight: SingleFlight) {
        self.key = key
        self.singleFlight = singleFlight
    }

    deinit { land(nil) }

    /// The answer, or the error that all get who wait, once; nil: there is none.
    func land(_ answer: Result<CachedAnswer, APIError>?) {
        let isFirst = hasLanded.withLock { landed in
            defer { landed = true }
            return !landed
        }
        if isFirst { singleFlight.land(key, answer) }
    }
}
