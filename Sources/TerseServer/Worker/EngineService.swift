import ServiceLifecycle
import TerseEngine

/// Keeps an engine until the server ends, and then lets it finish what it was given.
struct EngineService: Service {
    let engine: Engine

    func run() async throws {
        try? await gracefulShutdown()
        await withTaskCancellationHandler {
            await engine.drain()
        } onCancel: {
            engine.shutDown()
        }
    }
}
