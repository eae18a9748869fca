/// What an engine's thread does: takes requests from the desk, steps, and puts events into mailboxes.
struct EngineThread {
    let desk: EngineDesk
    let core: EngineCore
    /// When the engine's clock showed zero.
    let epoch: ContinuousClock.Instant

    /// Runs until the desk is closed and all is done.
    func run() {
        var mailboxes: [RequestID: Mailbox] = [:]
        while let arrivals = desk.next(after: core.statistics, retryAfter: core.scheduler.retryAfter(now: now)) {
            func put(_ id: RequestID, _ event: Result<GenerationEvent, EngineError>) {
                guard let mailbox = mailboxes[id] else { return }
                if mailbox.put(event) { mailboxes[id] = nil }
            }
            for arrival in arrivals {
                mailboxes[arrival.id] = arrival.mailbox
                do {
                    try core.accept(arrival.request, id: arrival.id, arrival: arrival.instant)
                } catch {
                    put(arrival.id, .failure(error))
                }
            }
            for (id, mailbox) in mailboxes where mailbox.isCancelled { core.cancel(id, at: now, emit: put) }
            core.step(clock: { now }, isCancelled: { desk.isShutDown }, emit: put)
            if desk.isShutDown { core.fail(EngineDesk.shutDownError, emit: put) }
        }
        desk.leave()
    }

    private var now: Duration { epoch.duration(to: .now) }
}
