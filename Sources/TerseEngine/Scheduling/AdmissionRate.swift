/// How fast requests have been let in of late while others waited: what one that was refused is told to wait.
struct AdmissionRate {
    /// Time in which somebody waited, up to `last`.
    private var busy = Duration.zero
    private var last = Duration.zero
    private var isWaiting = false
    /// What `busy` was when the last requests were let in, as many as `admissionsKept`, the oldest overwritten first.
    private var readings: [Duration] = []
    private var next = 0

    static let admissionsKept = 64
    /// What who is refused waits at least and at most.
    static let retrySpan = Duration.seconds(1)...Duration.seconds(60)
    /// After how much of the queue has gone a retry has a fair chance: one part in so many.
    static let retryShare = 8

    /// A step is planned.
    mutating func pass(to now: Duration) {
        if isWaiting { busy += now - last }
        last = now
    }

    /// A request is let in in the step that is planned.
    mutating func admit() {
        if readings.count < Self.admissionsKept {
            readings.append(busy)
        } else {
            readings[next] = busy
            next = (next + 1) % Self.admissionsKept
        }
    }

    /// The step is planned: whether somebody is left waiting.
    mutating func leave(isWaiting: Bool) { self.isWaiting = isWaiting }

    /// The time until a part of a queue of `waiting` requests has been let in, at the rate of late.
    func retryAfter(waiting: Int, now: Duration) -> Duration {
        guard !readings.isEmpty else { return Self.retrySpan.lowerBound }
        let oldest = readings[next % readings.count]
        let interval = (busy + (isWaiting ? now - last : .zero) - oldest) / readings.count
        let wait = interval * max(waiting / Self.retryShare, 1)
        return min(max(wait, Self.retrySpan.lowerBound), Self.retrySpan.upperBound)
    }
}
