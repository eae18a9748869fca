import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Serves one model over HTTP until the process is told to end.
public struct Worker: Sendable {
    private let model: ServedModel
    private let limits: ConnectionLimits
    private let logger: Logger

    public init(_ model: ServedModel, limits: ConnectionLimits = ConnectionLimits(), logger: Logger) {
        self.model = model
        self.limits = limits
        self.logger = logger
    }

    /// Serves until SIGTERM; requests under way then have the drain timeout to end in.
    ///
    /// - Parameters:
    ///   - path: the Unix socket to listen at.
    ///   - onReady: called when connections are accepted.
    /// - Throws: when the socket cannot be bound.
    public func run(socket path: String, onReady: @escaping @Sendable () -> Void) async throws {
        let routes = WorkerRoutes(model: model, limits: limits, trustsClient: true)
        let application = Application(
            router: routes.router(), server: .bounded(limits),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: nil, backlog: 1024,
                availableConnectionsDelegate: .maximum(limits.connectionsMax, logger: logger)),
            onServerRunning: { _ in onReady() }, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [EngineService(engine: model.engine), application], gracefulShutdownSignals: [.sigterm],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = limits.drainTimeout
        try await ServiceGroup(configuration: configuration).run()
    }
}
