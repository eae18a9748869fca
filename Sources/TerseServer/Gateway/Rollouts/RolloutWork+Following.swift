import TerseRegistry

/// What becomes live: a candidate that was promoted, or what production was moved to, by people or by a drift, without a rollout
/// that this server carries out.
extension RolloutWork {
    /// A variant on its way.
    struct Successor: Sendable {
        let variant: ServedVariant
        let slot: WorkerSlot
    }

    /// Starts a worker of what production points to, where that is not what is live. What is live goes on until that one is
    /// ready, or for good where it never is.
    /// - Returns: whether production points elsewhere.
    mutating func followProduction() async throws -> Bool {
        let model = live.reference.name
        let target = try await parts.registry.use { try $0.aliases(of: model).production(of: model) }
        // Where it points to nothing, something must be served all the same.
        guard let target, target != live.reference else {
            dropSuccessor()
            return false
        }
        guard target != successor?.variant.reference else { return true }
        dropSuccessor()
        let variant = try await parts.registry.use { try ServedVariant(target, in: $0) }
        successor = Successor(variant: variant, slot: parts.fleet.start(variant, as: .candidate))
        parts.logger.notice("production was moved", metadata: ["from": "\(live.reference)", "to": "\(target)"])
        return true
    }

    /// The successor is live as soon as its worker is ready.
    mutating func succeed() {
        guard let successor else { return }
        if let failure = successor.slot.failure {
            parts.logger.critical(
                "what production points to cannot be served: the one before stays",
                metadata: ["variant": "\(successor.variant.reference)", "reason": "\(failure)"])
            return dropSuccessor()
        }
        guard successor.slot.becomeLive() else { return }
        let before = parts.endpoint.live
        parts.endpoint.promote(successor.slot, as: successor.variant.reference)
        before.retire()
        parts.logger.notice(
            "is live", metadata: ["variant": "\(successor.variant.reference)", "before": "\(live.reference)"])
        live.lease?.release()
        (live, self.successor) = (successor.variant, nil)
        // A rollout may wait for it.
        mark = nil
    }

    mutating func dropSuccessor() {
        successor?.slot.retire()
        successor = nil
    }
}
