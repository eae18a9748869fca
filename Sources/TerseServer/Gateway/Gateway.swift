import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import ServiceLifecycle

/// Serves all models over HTTP, each from a worker process of its own that it keeps running.
public struct Gateway: Sendable {
    private let options: GatewayOptions
    private let logger: Logger

    /// - Throws: `ServerError` for models that share a name, or none.
    public init(_ options: GatewayOptions, logger: Logger) throws(ServerError) {
        guard !options.models.isEmpty else { throw ServerError("no model to serve") }
        guard Set(options.models.map(\.name)).count == options.models.count else {
            throw ServerError("two models of one name: \(options.models.map(\.name).joined(separator: ", "))")
        }
        self.options = options
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT; requests under way then have the drain timeout to end in.
    ///
    /// - Parameter onReady: called with the port when connections are accepted and every model is ready.
    /// - Throws: when the address cannot be bound.
    public func run(onReady: @escaping @Sendable (Int) -> Void) async throws {
        try FileManager.default.createDirectory(
            atPath: options.socketFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: options.socketFolder) }
        warnIfOpen()
        let slots = options.models.enumerated().map { index, model in
            WorkerSlot(model: model.name, socket: "\(options.socketFolder)/\(index).sock")
        }
        let client = WorkerClient(timeout: options.limits.requestTimeout + .seconds(30))
        do {
            try await serve(slots, client, onReady)
        } catch {
            try await client.client.shutdown()
            throw error
        }
        try await client.client.shutdown()
    }

    private func serve(
        _ slots: [WorkerSlot], _ client: WorkerClient, _ onReady: @escaping @Sendable (Int) -> Void
    ) async throws {
        let routes = GatewayRoutes(
            slots: slots, client: client, limits: options.limits, gatekeeper: Gatekeeper(options.keys),
            flights: Flights(options.cache))
        let application = Application(
            router: routes.router(), server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: "terse", backlog: 1024,
                availableConnectionsDelegate: .maximum(options.limits.connectionsMax, logger: logger)),
            onServerRunning: { channel in
                for slot in slots { try? await slot.waitUntilReady(within: Self.startTimeout) }
                onReady(channel.localAddress?.port ?? 0)
            }, logger: logger)
        let supervisors = zip(slots, options.models).map { slot, model in
            Supervisor(
                slot: slot, executable: options.executable,
                arguments: model.arguments + [
                    "--socket", slot.socket, "--name", model.name, "--drain",
                    "\(options.limits.drainTimeout.components.seconds)",
                ], drainTimeout: options.limits.drainTimeout, logger: logger)
        }
        var configuration = ServiceGroupConfiguration(
            services: supervisors + [application] as [any Service], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = options.limits.drainTimeout + Self.drainSlack
        try await ServiceGroup(configuration: configuration).run()
    }

    private func server() throws -> HTTPServerBuilder {
        let plain = HTTPServerBuilder.bounded(options.limits)
        guard let tls = options.tls else { return plain }
        return try .tls(plain, tlsConfiguration: tls.configuration())
    }

    private func warnIfOpen() {
        guard options.keys.isEmpty, !["127.0.0.1", "::1", "localhost"].contains(options.host) else { return }
        logger.critical(
            "ANYBODY WHO REACHES THIS ADDRESS CAN USE THE MODELS: it lies beyond this machine and no keys are set",
            metadata: ["host": "\(options.host)"])
    }

    /// What models may take to load before the server says that it is ready regardless.
    static let startTimeout = Duration.seconds(600)
    /// What ending the workers may take beyond the requests.
    static let drainSlack = Duration.seconds(5)
}
