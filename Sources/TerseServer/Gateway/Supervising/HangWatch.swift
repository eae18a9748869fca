/// Says when a worker hangs: it gives no answer, or it has requests and makes no steps. A value with the caller's clock.
struct HangWatch: Sendable {
    /// What a worker says of its engine.
    struct Report: Sendable, Equatable {
        /// Steps up to now.
        let steps: Int
        /// Whether it has requests.
        let isBusy: Bool
    }

    /// Well above the longest step of the largest model that is served.
    let timeout: Duration
    /// How long there has been no sign of life.
    private var silence = Duration.zero
    private var lastLook: Duration
    private var steps: Int?

    /// Between two looks at a worker.
    static let interval = Duration.seconds(1)
    /// What a look counts for at most: as long as the gateway itself did not run it could hear nobody.
    static let lookMax = (interval + WorkerClient.figuresTimeout) * 2

    init(timeout: Duration, now: Duration) {
        (self.timeout, lastLook) = (timeout, now)
    }

    /// - Parameter report: nil when the worker gave no answer.
    /// - Returns: whether it hangs.
    mutating func look(_ report: Report?, at now: Duration) -> Bool {
        silence += min(now - lastLook, Self.lookMax)
        lastLook = now
        if let report {
            if !report.isBusy || report.steps != steps { silence = .zero }
            steps = report.steps
        }
        return silence >= timeout
    }
}
