import Dispatch
import Logging
import ServiceLifecycle

/// Keeps one model's worker running: starts it, and starts it again when it dies, until the server ends.
struct Supervisor: Service {
    let slot: WorkerSlot
    let executable: String
    let arguments: [String]
    /// How long a worker may take to end when it is asked to.
    let drainTimeout: Duration
    let logger: Logger

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var policy = RestartPolicy()
            while !Task.isCancelled {
                let start = ContinuousClock.now
                try await runWorker()
                guard !Task.isCancelled else { return }
                // A model that cannot be loaded will not be the next time either.
                guard slot.hasBeenReady else {
                    throw ServerError("the worker of the model \"\(slot.model)\" ended before it was ready")
                }
                let delay = policy.delay(afterLifetime: start.duration(to: .now))
                logger.warning("worker is started again", metadata: ["model": "\(slot.model)", "after": "\(delay)"])
                try? await Task.sleep(for: delay)
            }
        }
    }

    /// Runs one worker until it ends.
    private func runWorker() async throws {
        let process = try WorkerProcess(executable: executable, arguments: arguments)
        slot.started(processID: process.processID)
        logger.info("worker started", metadata: ["model": "\(slot.model)", "pid": "\(process.processID)"])
        defer { slot.ended() }
        await withTaskCancellationHandler {
            await follow(process)
        } onCancel: {
            process.terminate()
        }
    }

    private func follow(_ process: WorkerProcess) async {
        // Cancelled or not, this waits for the end of the process, which is asked to end then.
        await withUncancelledEvents(of: process) { event in
            switch event {
            case .ready(let version):
                slot.becameReady(version: version)
                logger.info("worker is ready", metadata: ["model": "\(slot.model)"])
            case .exited(let status):
                slot.ended()
                let level: Logger.Level = status == 0 ? .info : .error
                logger.log(level: level, "worker ended", metadata: ["model": "\(slot.model)", "status": "\(status)"])
            }
        }
    }

    /// Events until the last, though the task be cancelled.
    private func withUncancelledEvents(
        of process: WorkerProcess, _ body: (WorkerProcess.Event) -> Void
    ) async {
        for await event in process.events { body(event) }
        guard Task.isCancelled else { return }
        // An `AsyncStream` ends for a task that is cancelled: the process is waited for by asking.
        let deadline = ContinuousClock.now + drainTimeout
        while process.isRunning {
            if ContinuousClock.now >= deadline { process.kill() }
            await Self.pause()
        }
    }

    private static let pauseQueue = DispatchQueue(label: "terse-supervisor")

    /// A pause that no cancellation cuts short.
    private static func pause() async {
        await withCheckedContinuation { continuation in
            pauseQueue.asyncAfter(deadline: .now() + .milliseconds(20)) { continuation.resume() }
        }
    }
}
