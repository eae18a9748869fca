import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Processes that carry out deployments which were begun over HTTP: one for each, since measuring takes memory and time that
/// the gateway's own must not. The registry lets a model have one at a time. A server that ends stops them; they can be resumed.
final class DeploymentProcesses: Service {
    /// By their deployments.
    private let running = Mutex<[Int64: Process]>([:])

    /// Starts `terse deploy resume MODEL`; what becomes of it is in the registry.
    func resume(_ deployment: Int64, of model: String, by author: String, logger: Logger) {
        let process = Process()
        process.executableURL = WorkerProcess.executable
        process.arguments = ["deploy", "resume", model, "--by=\(author)"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { [self] process in
            // Without it Foundation keeps every process for ever.
            process.waitUntilExit()
            running.withLock { $0[deployment] = nil }
            logger.info(
                "a deployment's process ended",
                metadata: ["model": "\(model)", "status": "\(process.terminationStatus)"])
        }
        running.withLock { running in
            do {
                try process.run()
                running[deployment] = process
            } catch {
                logger.error(
                    "a deployment's process cannot be started; terse deploy resume goes on",
                    metadata: ["model": "\(model)", "reason": "\(error)"])
            }
        }
    }

    /// Asks it to end, if it is this server's.
    func end(_ deployment: Int64) { running.withLock { $0[deployment]?.terminate() } }

    /// Waits for the server's end, and asks all of them to end then.
    func run() async throws {
        try? await gracefulShutdown()
        running.withLock { $0.values.forEach { $0.terminate() } }
    }
}
