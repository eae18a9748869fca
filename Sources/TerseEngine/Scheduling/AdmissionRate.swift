/// How fast requests have been let in of late: what one that was refused is told to wait.
struct AdmissionRate {
    /// When the last requests were let in, as many as `admissionsKept`, the oldest overwritten first.
    private var instants: [Duration] = []
    private var next = 0

    static let admissionsKept = 64
    /// What who is refused waits at least and at most.
    static let retrySpan = Duration.seconds(1)...Duration.seconds(60)
    /// After how much of the queue has gone a retry has a fair chance: one part in so many.
    static let retryShare = 8

    mutating func admit(at now: Duration) {
        if instants.count < Self.admissionsKept {
            instants.append(now)
        } else {
            instants[next] = now
            next = (next + 1) % Self.admissionsKept
        }
    }

    /// The time until a part of a queue of `waiting` requests has been let in, at the rate of late.
    func retryAfter(waiting: Int, now: Duration) -> Duration {
        guard let oldest = instants.isEmpty ? nil : instants[next % instants.count] else {
            return Self.retrySpan.lowerBound
        }
        let interval = (now - oldest) / instants.count
        let wait = interval * max(waiting / Self.retryShare, 1)
        return min(max(wait, Self.retrySpan.lowerBound), Self.retrySpan.upperBound)
    }
}
