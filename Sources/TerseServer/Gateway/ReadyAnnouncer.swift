import Hummingbird
import ServiceLifecycle

/// Tells once that the server is ready: it listens and every model has a worker. What asks whether it lives is answered
/// long before.
struct ReadyAnnouncer: Service {
    let endpoints: [ModelEndpoint]
    /// The port, once connections are accepted.
    let port: AsyncStream<Int>
    let onReady: @Sendable (Int) -> Void

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            for await port in port {
                for endpoint in endpoints { try await endpoint.live.waitUntilReady() }
                guard endpoints.allSatisfy(\.live.isReady) else { continue }
                onReady(port)
            }
        }
        try? await gracefulShutdown()
    }
}
