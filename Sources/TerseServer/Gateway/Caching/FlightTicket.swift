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

    /// The answer, once; nil: there is none.
    func land(_ answer: CachedAnswer?) {
        let isFirst = hasLanded.withLock { landed in
            defer { landed = true }
            return !landed
        }
        if isFirst { singleFlight.land(key, answer) }
    }
}
