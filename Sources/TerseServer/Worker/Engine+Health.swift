import TerseEngine

extension Engine {
    /// What a gateway is told that asks.
    var health: WorkerHealth {
        let now = statistics
        let load = WorkerLoad(
            running: now.running, runningMax: limits.runningMax, waiting: now.waiting, waitingMax: limits.waitingMax,
            unreadTokens: now.unreadTokens + now.waitingTokens, freeTokens: now.freeTokens ?? .max)
        return WorkerHealth(steps: now.steps, isBusy: now.running + now.waiting > 0, load: load)
    }
}
