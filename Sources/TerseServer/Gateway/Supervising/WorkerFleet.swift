import Logging
import ServiceLifecycle
import Synchronization

/// The workers of one model: the one that is live, those on trial during a rollout, and those whose last requests are not done
/// yet.
final class WorkerFleet: Service {
    /// How workers are started and ended.
    struct Terms: Sendable {
        let model: GatewayOptions.Model
        /// The beginning of their sockets' paths.
        let socketPrefix: String
        let drainTimeout: Duration
        let hangTimeout: Duration
        let client: WorkerClient
        let logger: Logger
    }

    private struct Order: Sendable {
        let slot: WorkerSlot
        let path: String
        /// Options that those of the server count more than.
        let engine: [String]
    }

    private let terms: Terms
    private let orders: AsyncThrowingStream<Order, any Error>
    private let put: AsyncThrowingStream<Order, any Error>.Continuation
    private let count = Atomic(0)

    /// What requests that began before may take of a worker that nobody else needs.
    static let retirementMax = Duration.seconds(120)
    /// What workers may take to end when no request is left, before they are killed.
    static let endTimeout = Duration.seconds(5)

    init(_ terms: Terms) {
        self.terms = terms
        (orders, put) = AsyncThrowingStream<Order, any Error>.makeStream()
    }

    /// Starts a worker of a variant, as soon as the fleet runs.
    func start(_ variant: ServedVariant, as role: WorkerSlot.Role) -> WorkerSlot {
        start(variant.path, engine: variant.engine, as: role)
    }

    /// Starts a worker of some weights, as soon as the fleet runs.
    /// - Parameter engine: options that those of the server count more than.
    func start(_ path: String, engine: [String], as role: WorkerSlot.Role) -> WorkerSlot {
        let number = count.add(1, ordering: .relaxed).newValue
        let slot = WorkerSlot(
            model: terms.model.name, socket: "\(terms.socketPrefix)-\(number).sock", role: role)
        put.yield(Order(slot: slot, path: path, engine: engine))
        return slot
    }

    /// Runs all workers until the server ends.
    /// - Throws: `ServerError` when the worker that is live cannot be started.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for try await order in self.orders { group.addTask { await self.supervise(order) } }
                try await group.waitForAll()
            }
        }
    }

    private func supervise(_ order: Order) async {
        let slot = order.slot
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.supervisor(of: order).run() }
                group.addTask {
                    try await slot.waitUntilRetired()
                    try? await slot.waitUntilUnused(within: Self.retirementMax, orThrow: slot.notReady)
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch is CancellationError {
        } catch {
            slot.fail("\(error)")
            // Without the others the server can go on.
            if slot.role == .live, !slot.isRetired { put.finish(throwing: error) }
        }
    }

    private func supervisor(of order: Order) -> Supervisor {
        Supervisor(
            slot: order.slot,
            arguments: terms.model.arguments(path: order.path, engine: order.engine) + [
                "--socket", order.slot.socket, "--name=\(terms.model.name)", "--drain",
                "\(terms.drainTimeout.components.seconds)",
            ], endTimeout: Self.endTimeout, hangTimeout: terms.hangTimeout, client: terms.client,
            logger: terms.logger)
    }
}
