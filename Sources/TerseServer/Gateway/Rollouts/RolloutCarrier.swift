import Foundation
import Logging
import ServiceLifecycle
import TerseOperations
import TerseRegistry

/// Carries out the rollouts of one registered model that this server serves as production: looks what is recorded of them,
/// starts workers, divides the traffic, lets the pure `Rollout` decide by what it observed, and records what that says.
///
/// The registry has the last word. People record what they decide there, and the carrier finds it; what the carrier decides is
/// recorded only if nobody decided anything meanwhile.
struct RolloutCarrier: Service {
    /// What it works with.
    struct Parts: Sendable {
        let endpoint: ModelEndpoint
        let fleet: WorkerFleet
        let registry: RegistryAccess
        let client: TrialClient
        let logger: Logger
    }

    let parts: Parts
    /// The variant that is live when the server starts.
    let live: ServedVariant

    /// Between two looks at the registry, and two evaluations.
    static let interval = Duration.milliseconds(500)

    func run() async throws {
        await withDiscardingTaskGroup { group in
            var work = RolloutWork(parts, live: live)
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                if let trial = await work.look() {
                    let aides = TrialAides(trial: trial, endpoint: parts.endpoint, client: parts.client)
                    group.addTask { await aides.run() }
                }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            }
            await work.leave()
            group.cancelAll()
        }
    }
}
