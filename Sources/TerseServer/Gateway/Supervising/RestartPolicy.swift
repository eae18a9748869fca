/// How long to wait before a worker that died is started again: longer each time, as long as none lives for a while.
struct RestartPolicy: Sendable, Equatable {
    var delayMin = Duration.milliseconds(100)
    var delayMax = Duration.seconds(30)
    /// A worker that lived so long died of something else than those before.
    var healthyAfter = Duration.seconds(60)
    /// Deaths one soon after the other.
    private(set) var failures = 0

    /// A worker died.
    /// - Parameter lifetime: from when it was started.
    /// - Returns: when to start the next, from now.
    mutating func delay(afterLifetime lifetime: Duration) -> Duration {
        if lifetime >= healthyAfter { failures = 0 }
        let delay = min(delayMax, delayMin * (1 << min(failures, 16)))
        failures += 1
        return failures == 1 ? .zero : delay
    }
}
