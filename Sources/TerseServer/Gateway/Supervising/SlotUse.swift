/// A request's need of a worker, which is not ended as long as somebody has it.
final class SlotUse: Sendable {
    let slot: WorkerSlot
    let promptTokens: Int

    /// - Parameter promptTokens: of the request, as far as anybody knows.
    init(_ slot: WorkerSlot, promptTokens: Int = 0) {
        (self.slot, self.promptTokens) = (slot, promptTokens)
        slot.beginUse(promptTokens: promptTokens)
    }

    deinit { slot.endUse(promptTokens: promptTokens) }
}
