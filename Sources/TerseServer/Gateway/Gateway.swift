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
        guard Set(options.routes.map(\.name)).count == options.routes.count else {
            throw ServerError("two routes of one name: \(options.routes.map(\.name).joined(separator: ", "))")
        }
        self.options = options
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT; requests under way then have the drain timeout to end in.
    ///
    /// - Parameter onReady: called with the port when connections are accepted and every model is ready.
    /// - Throws: when the address cannot be bound.
    public func run(onReady: @escaping @Sendable (Int) -> Void) async throws {
        let folder = try Self.makeSocketFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        warnIfOpen()
        let connections = connectionsMax()
        let client = WorkerClient(timeout: options.limits.requestTimeout + .seconds(30))
        do {
            try await serve(folder, client, connections, onReady)
        } catch {
            try await client.client.shutdown()
            throw error
        }
        try await client.client.shutdown()
    }

    private func serve(
        _ folder: String, _ client: WorkerClient, _ connections: Int, _ onReady: @escaping @Sendable (Int) -> Void
    ) async throws {
        let registry = options.registryHome.map { RegistryAccess(home: $0) }
        let hosts = options.models.enumerated().map { index, model in
            ModelHost(model, options, socketPrefix: "\(folder)/\(index)", client, logger)
        }
        let endpoints = hosts.map(\.endpoint)
        let power = try options.power.map { try PowerWatch($0, logger: logger) }
        let desks = try options.routes.map { route in
            let router = try KnowledgeKeeper.router(route, home: options.registryHome, logger: logger)
            return RouteDesk(
                route, endpoints, router, judgeShare: options.judgeShare, power: power, logger: logger)
        }
        let routes = GatewayRoutes(
            endpoints: endpoints, client: client, limits: options.limits,
            gatekeeper: Gatekeeper(options.keys, isLoopback: isLoopback),
            singleFlight: SingleFlight(options.cache), isLoopback: isLoopback,
            registry: registry, routes: desks, power: power)
        let (port, tellPort) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: routes.router(), server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: "terse", backlog: 1024,
                availableConnectionsDelegate: .maximum(connections, logger: logger)),
            onServerRunning: { channel in
                tellPort.yield(channel.localAddress?.port ?? 0)
                tellPort.finish()
            }, logger: logger)
        // They end in the opposite order: workers when no request is left.
        let announcer = ReadyAnnouncer(
            endpoints: routes.endpoints, port: port, onReady: onReady, drainTimeout: options.limits.drainTimeout,
            logger: logger)
        let carriers = hosts.compactMap { host in registry.flatMap { host.carrier($0, client, logger) } }
        let watches = [power].compactMap(\.self)
        let services: [any Service] = hosts.map(\.fleet) + carriers + aides(desks, registry, client) + watches
        var configuration = ServiceGroupConfiguration(
            services: services + [routes.deploymentProcesses, application, announcer],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = options.limits.shutdownTimeout
        do { try await ServiceGroup(configuration: configuration).run() } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw ServerError("\(options.host):\(options.port): cannot listen: \(reason)")
        }
    }

    /// What routes need beside clients' requests.
    private func aides(
        _ desks: [RouteDesk], _ registry: RegistryAccess?, _ client: WorkerClient
    ) -> [any Service] {
        let aides = desks.map { desk in
            RouteAides(desk: desk, client: TrialClient(client: client), registry: registry, logger: logger)
        }
        guard !desks.isEmpty, let home = options.registryHome else { return aides }
        return [KnowledgeKeeper(desks: desks, home: home, logger: logger)] + aides
    }

    private func server() throws -> HTTPServerBuilder {
        let plain = HTTPServerBuilder.bounded(options.limits)
        guard let tls = options.tls else { return plain }
        return try .tls(plain, tlsConfiguration: tls.configuration())
    }

    /// A new folder for workers' sockets, which nobody else may enter.
    private static func makeSocketFolder() throws(ServerError) -> String {
        var path = Array((NSTemporaryDirectory() + "/terse-XXXXXX").utf8CString)
        guard mkdtemp(&path) != nil else {
            throw ServerError("a folder for sockets in \(NSTemporaryDirectory()): \(String(cString: strerror(errno)))")
        }
        return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(options.host) }

    /// As many connections at once as are wanted and there are files for.
    private func connectionsMax() -> Int {
        let files = OpenFileLimit.raise()
        let wanted = options.limits.connectionsMax
        let connections = OpenFileLimit.connections(wanted, files: files)
        logger.log(
            level: connections < wanted ? .warning : .info, "connections at once",
            metadata: ["most": "\(connections)", "wanted": "\(wanted)", "open_files_max": "\(files)"])
        return connections
    }

    private func warnIfOpen() {
        guard options.keys.isEmpty, !isLoopback else { return }
        logger.critical(
            "ANYBODY WHO REACHES THIS ADDRESS CAN USE THE MODELS: it lies beyond this machine and no keys are set",
            metadata: ["host": "\(options.host)"])
    }
}
