/// How often workers died over one request while it got no further.
struct DeathRecord: Sendable {
    private(set) var count = 0
    /// Of these, those that may have been its fault: it was the only suspect, or nobody was suspected yet.
    private(set) var chargedCount = 0
    /// Its place among the suspects.
    private(set) var ticket: RetryTicket?

    /// Another died.
    mutating func add(_ slot: WorkerSlot) {
        count += 1
        if ticket?.died() ?? true { chargedCount += 1 }
        if ticket == nil, RetryQueue.isNeeded(afterDeaths: count) { ticket = RetryTicket(slot) }
    }

    /// The request got further, or has ended: what happens now is no fault of what was.
    mutating func clear() {
        ticket?.end()
        self = DeathRecord()
    }
}
