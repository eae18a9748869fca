/// Says when a worker hangs: it gives no answer, or it has requests and makes no steps. A value with the caller's clock.
struct HangWatch: Sendable {
    /// Well above the longest step of the largest model that is served.
    let timeout: Duration
    /// How long there has been no sign of life, and for how many looks.
    private var (silence, looks) = (Duration.zero, 0)
    private var lastLook: Duration
    private var steps: Int?
    private var pieceCount = 0

    /// Between two looks at a worker.
    static let interval = Duration.seconds(1)
    /// What a look counts for at most: as long as the gateway itself did not run it could hear nobody.
    static let lookMax = (interval + WorkerClient.figuresTimeout) * 2
    /// One look may miss a worker that is well.
    static let looksMin = 2

    init(timeout: Duration, now: Duration) {
        (self.timeout, lastLook) = (timeout, now)
    }

    /// - Parameters:
    ///   - health: nil when the worker gave no answer.
    ///   - pieceCount: how many pieces of streams came from it up to now.
    /// - Returns: whether it hangs.
    mutating func look(_ health: WorkerHealth?, pieceCount: Int = 0, at now: Duration) -> Bool {
        silence += min(now - lastLook, Self.lookMax)
        looks += 1
        let stirs = health.map { !$0.isBusy || $0.steps != steps } ?? false
        if stirs || pieceCount != self.pieceCount { (silence, looks) = (.zero, 0) }
        (lastLook, steps, self.pieceCount) = (now, health?.steps ?? steps, pieceCount)
        return silence >= timeout && looks >= Self.looksMin
    }
}
