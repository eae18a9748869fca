/// A request's need of a worker, which is not ended as long as somebody has it.
final class SlotUse: Sendable {
    let slot: WorkerSlot

    init(_ slot: WorkerSlot) {
        self.slot = slot
        slot.beginUse()
    }

    deinit { slot.endUse() }
}
