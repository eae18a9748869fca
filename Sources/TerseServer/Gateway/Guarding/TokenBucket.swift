/// An allowance that refills steadily: a minute's worth at most is kept.
///
/// May be overdrawn by what is known only afterwards, the tokens of an answer; it then refills before it gives again.
struct TokenBucket: Sendable, Equatable {
    let perMinute: Int
    private var level: Double
    /// When the level was reckoned, on the caller's clock.
    private var time: Duration

    init(perMinute: Int, now: Duration) {
        self.perMinute = perMinute
        level = Double(perMinute)
        time = now
    }

    /// What is left, whole units, not below zero.
    mutating func remaining(now: Duration) -> Int {
        refill(now)
        return max(0, Int(level))
    }

    /// Takes if there is enough.
    /// - Returns: when there will be, from now; nil when it was taken.
    mutating func take(_ amount: Double, now: Duration) -> Duration? {
        refill(now)
        guard level < amount else {
            level -= amount
            return nil
        }
        // A minute's worth is all that there ever is.
        return duration(toReach: min(amount, Double(perMinute)))
    }

    /// Takes, whether there is enough or not.
    mutating func overdraw(_ amount: Double, now: Duration) {
        refill(now)
        level -= amount
    }

    /// Until it is full again.
    mutating func reset(now: Duration) -> Duration {
        refill(now)
        return duration(toReach: Double(perMinute))
    }

    private var perSecond: Double { Double(perMinute) / 60 }

    private func duration(toReach wanted: Double) -> Duration {
        .seconds(max(0, wanted - level) / perSecond)
    }

    private mutating func refill(_ now: Duration) {
        guard now > time else { return }
        level = min(Double(perMinute), level + perSecond * ((now - time) / .seconds(1)))
        time = now
    }
}
