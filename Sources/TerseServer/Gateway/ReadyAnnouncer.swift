import Hummingbird
import Logging
import ServiceLifecycle

/// Tells once that the server is ready: it listens and every model has a worker. What asks whether it lives is answered
/// long before. And logs that the server is to end, of which it hears first.
struct ReadyAnnouncer: Service {
    let endpoints: [ModelEndpoint]
    /// The port, once connections are accepted.
    let port: AsyncStream<Int>
    let onReady: @Sendable (Int) -> Void
    /// What requests under way have of a server that is to end.
    let drainTimeout: Duration
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            for await port in port {
                for endpoint in endpoints { try await endpoint.live.waitUntilReady() }
                guard endpoints.allSatisfy(\.live.isReady) else { continue }
                onReady(port)
            }
        }
        // Where something failed it is cancelled, and nobody has any time.
        guard (try? await gracefulShutdown()) != nil else { return }
        logger.notice("ending; requests under way have at most \(drainTimeout.components.seconds) s")
    }
}
