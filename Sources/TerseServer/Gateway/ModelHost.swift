import Logging
import TerseRegistry

/// What serves one model: its workers, and where its requests go.
struct ModelHost: Sendable {
    let model: GatewayOptions.Model
    let fleet: WorkerFleet
    let endpoint: ModelEndpoint

    /// - Parameter socketPrefix: the beginning of the paths of its workers' sockets.
    init(
        _ model: GatewayOptions.Model, _ options: GatewayOptions, socketPrefix: String, _ client: WorkerClient,
        _ logger: Logger
    ) {
        self.model = model
        fleet = WorkerFleet(
            WorkerFleet.Terms(
                model: model, socketPrefix: socketPrefix, drainTimeout: options.limits.drainTimeout,
                hangTimeout: options.hangTimeout, client: client, logger: logger))
        endpoint = ModelEndpoint(
            fleet.start(model.path, engine: model.engine, as: .live), variant: model.live,
            recordedPromptsMax: options.recordedPromptsMax)
    }

    /// What carries out its rollouts; nil for a model that has none.
    func carrier(_ registry: RegistryAccess, _ client: WorkerClient, _ logger: Logger) -> RolloutCarrier? {
        model.live.map { live in
            RolloutCarrier(
                parts: RolloutCarrier.Parts(
                    endpoint: endpoint, fleet: fleet, registry: registry, client: TrialClient(client: client),
                    logger: logger),
                live: ServedVariant(live, path: model.path, engine: model.engine, lease: model.lease))
        }
    }
}
