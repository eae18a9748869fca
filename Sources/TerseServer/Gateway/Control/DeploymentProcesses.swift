import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Processes that carry out deployments which were begun over HTTP: one for each, since measuring takes memory and time that
/// the gateway's own must not. The registry lets a model have one at a time. A server that ends stops them; they can be resumed.
final class DeploymentProcesses: Service {
    private struct Running: Sendable {
        let process: Process
        /// What it says on standard error.
        var errors = LastError()
    }

    /// By their deployments.
    private let running = Mutex<[Int64: Running]>([:])

    /// Starts `terse deploy resume MODEL`; what becomes of it is in the registry.
    func resume(_ deployment: Int64, of model: String, by author: String, logger: Logger) {
        let (process, errors) = (Process(), Pipe())
        process.executableURL = WorkerProcess.executable
        process.arguments = ["deploy", "resume", model, "--by=\(author)"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        let end = ChildEnd { [self] status in hasEnded(deployment, of: model, status, logger) }
        end.watch(process)
        do {
            try running.withLock { running in
                try process.run()
                running[deployment] = Running(process: process)
            }
        } catch {
            return logger.error(
                "a deployment's process cannot be started; terse deploy resume goes on",
                metadata: ["model": "\(model)", "reason": "\(error)"])
        }
        end.read(errors, name: "terse-deployment") { [self] data in
            _ = running.withLock { $0[deployment]?.errors.take(data) }
        }
    }

    /// Forgets a process, and says how it ended.
    private func hasEnded(_ deployment: Int64, of model: String, _ status: Int32, _ logger: Logger) {
        let ended = running.withLock { $0.removeValue(forKey: deployment) }
        var metadata: Logger.Metadata = ["model": "\(model)", "status": "\(status)"]
        if let error = ended?.errors.last { metadata["reason"] = "\(error)" }
        logger.log(level: status == 0 ? .info : .warning, "a deployment's process ended", metadata: metadata)
    }

    /// Asks it to end, if it is this server's.
    func end(_ deployment: Int64) { running.withLock { $0[deployment]?.process.terminate() } }

    /// Waits for the server's end, and asks all of them to end then.
    func run() async throws {
        try? await gracefulShutdown()
        running.withLock { $0.values.forEach { $0.process.terminate() } }
    }
}
