import Hummingbird
import Logging
import NIOCore
import Synchronization
import TerseJSON
import TestSupport

@testable import TerseServer

/// A worker that answers completions as a test says, behind a gateway, both in this process.
final class ScriptedWorker: Sendable {
    typealias Script = @Sendable (_ body: JSONValue, _ worker: ScriptedWorker) async throws -> Response

    private let script: Script
    /// Connections of requests that it had since it was started.
    private let channels = Mutex<[any Channel]>([])

    private init(_ script: @escaping Script) { self.script = script }

    /// What its process would leave behind that is killed and started again: connections that are closed.
    func die() {
        let channels = channels.withLock { channels in
            defer { channels = [] }
            return channels
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// Waits until it has so many requests.
    func hasRequests(_ count: Int) async -> Bool { await eventually { channels.withLock { $0.count } >= count } }

    private func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.post("/v1/completions") { request, context in
            let body = try JSONValue(body: try await request.bytes(within: .seconds(60)))
            self.channels.withLock { $0.append(context.channel) }
            return try await self.script(body, self)
        }
        return router
    }

    /// Runs a gateway over workers.
    /// - Parameters:
    ///   - models: one worker for each; the script sees in the body whose it is.
    ///   - late: how long the gateway takes them to be ready before they are.
    ///   - routes: what is made between the models.
    ///   - use: is given a client, and the gateway's place.
    static func serve(
        models: [String] = ["m"], late: Duration = .zero,
        routes: ([ModelEndpoint]) throws -> [RouteDesk] = { _ in [] }, _ script: @escaping Script,
        use: (_ client: WorkerClient, _ gateway: WorkerSlot) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let slots = models.map { WorkerSlot(model: $0, socket: folder.path("worker-\($0)")) }
        let gateway = WorkerSlot(model: "gateway", socket: folder.path("gateway"))
        let client = WorkerClient(timeout: .seconds(600))
        let endpoints = slots.map { ModelEndpoint($0) }
        let gatewayRoutes = GatewayRoutes(
            endpoints: endpoints, client: client, limits: ConnectionLimits(),
            gatekeeper: Gatekeeper([], isLoopback: true),
            singleFlight: SingleFlight(CacheLimits()), isLoopback: true, registry: nil,
            routes: try routes(endpoints))
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (isListening, tell) = AsyncStream<Void>.makeStream()
                for slot in slots {
                    group.addTask {
                        // Who cannot listen tells nobody any more.
                        defer { tell.finish() }
                        try await Task.sleep(for: late)
                        try await run(ScriptedWorker(script).router(), slot) { if late == .zero { tell.yield() } }
                    }
                }
                group.addTask {
                    defer { tell.finish() }
                    try await run(gatewayRoutes.router(), gateway) { tell.yield() }
                }
                var listeners = isListening.makeAsyncIterator()
                for _ in 0..<(late == .zero ? slots.count + 1 : 1) where await listeners.next() == nil {
                    try await group.next()
                }
                for slot in slots { slot.becameReady(version: "1") }
                defer { group.cancelAll() }
                try await use(client, gateway)
            }
        } catch {
            try await client.client.shutdown()
            throw error
        }
        try await client.client.shutdown()
    }

    private static func run(
        _ router: Router<ServerContext>, _ slot: WorkerSlot, onListening: @escaping @Sendable () -> Void
    ) async throws {
        let application = Application(
            router: router, server: .bounded(ConnectionLimits()),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: slot.socket)),
            onServerRunning: { _ in onListening() }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await application.run()
    }
}
