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

    /// Serves until it is to end; requests under way then have the drain timeout to end in.
    ///
    /// - Parameters:
    ///   - path: the Unix socket to listen at.
    ///   - endWanted: ends when the worker is to end.
    ///   - onReady: called when connections are accepted.
    /// - Throws: when the socket cannot be bound.
    public func run(
        socket path: String, until endWanted: AsyncStream<Never>, onReady: @escaping @Sendable () -> Void
    ) async throws {
        if !model.hasChatTemplate {
            logger.notice(
                "the model brings no chat template: chats come to it in ChatML, which it may never have seen",
                metadata: ["model": "\(model.name)"])
        }
        let routes = WorkerRoutes(model: model, limits: limits)
        let application = Application(
            router: routes.router(), server: .bounded(limits),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: nil, backlog: 1024,
                availableConnectionsDelegate: .maximum(ConnectionLimits.workerConnectionsMax, logger: logger)),
            onServerRunning: { _ in onReady() }, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [EngineService(engine: model.engine), application], gracefulShutdownSignals: [], logger: logger)
        configuration.maximumGracefulShutdownDuration = limits.shutdownTimeout
        let services = ServiceGroup(configuration: configuration)
        let ending = Task {
            for await _ in endWanted {}
            if !Task.isCancelled { await services.triggerGracefulShutdown() }
        }
        defer { ending.cancel() }
        try await services.run()
    }
}
