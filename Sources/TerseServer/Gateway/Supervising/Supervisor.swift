import Logging

/// Keeps one model's worker running: starts it, and starts it again when it dies or hangs, until its task is
/// cancelled.
struct Supervisor {
    let slot: WorkerSlot
    let arguments: [String]
    /// How long a worker may take to end when it is asked to, which is when it has nothing to do any more.
    let endTimeout: Duration
    /// After how long without a sign of life a worker is taken to hang.
    let hangTimeout: Duration
    let client: WorkerClient
    let logger: Logger

    /// - Throws: `ServerError` for a worker that need not be started again.
    func run() async throws {
        var policy = RestartPolicy()
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let reason = try await runWorker()
            guard !Task.isCancelled else { return }
            // A model that cannot be loaded will not be the next time either.
            guard slot.hasBeenReady else {
                let why = reason.map { ": \($0)" } ?? ""
                throw ServerError("the worker of the model \"\(slot.model)\" ended before it was ready\(why)")
            }
            guard slot.role != .candidate else { throw ServerError("the worker of the model \"\(slot.model)\" died") }
            let delay = policy.delay(afterLifetime: start.duration(to: .now))
            logger.warning("worker is started again", metadata: ["model": "\(slot.model)", "after": "\(delay)"])
            try? await Task.sleep(for: delay)
        }
    }

    /// Runs one worker until it ends.
    /// - Returns: why it could not serve, if it said so.
    private func runWorker() async throws -> String? {
        let process: WorkerProcess
        do { process = try WorkerProcess(arguments: arguments) } catch {
            guard slot.hasBeenReady else { throw error }
            // A machine that is out of processes or memory for a moment: as if it had died.
            logger.error("worker could not be started", metadata: ["model": "\(slot.model)", "error": "\(error)"])
            return nil
        }
        slot.started()
        logger.info("worker started", metadata: ["model": "\(slot.model)", "pid": "\(process.processID)"])
        return await withTaskCancellationHandler {
            // In a task of its own, which is not cancelled with this one: it follows the process to its end.
            await Task { await follow(process) }.value
        } onCancel: {
            process.end(within: endTimeout)
        }
    }

    private func follow(_ process: WorkerProcess) async -> String? {
        await withTaskGroup(of: Void.self) { group in
            var reason: String?
            group.addTask { await watch(process) }
            for await event in process.events {
                switch event {
                case .ready(let version, let vocabulary):
                    slot.becameReady(version: version, vocabulary: vocabulary)
                    logger.info("worker is ready", metadata: ["model": "\(slot.model)"])
                case .exited(let status, let why):
                    slot.ended()
                    reason = why
                    let level: Logger.Level = status == 0 ? .info : .error
                    logger.log(
                        level: level, "worker ended", metadata: ["model": "\(slot.model)", "status": "\(status)"])
                }
            }
            group.cancelAll()
            return reason
        }
    }

    /// Kills a worker that hangs, also before it is ready; its requests go to the next, as those of one that died.
    private func watch(_ process: WorkerProcess) async {
        do { try await slot.waitUntilReady(within: Self.loadTimeout) } catch {
            if !Task.isCancelled { kill(process, after: Self.loadTimeout) }
            return
        }
        let epoch = ContinuousClock.now
        var watch = HangWatch(timeout: hangTimeout, now: .zero)
        repeat {
            let health = await client.health(of: slot)
            if let load = health?.load { slot.tell(load) }
            guard watch.look(health, pieceCount: slot.pieceCount, at: epoch.duration(to: .now)) else { continue }
            return kill(process, after: hangTimeout)
        } while (try? await Task.sleep(for: HangWatch.interval)) != nil
    }

    private func kill(_ process: WorkerProcess, after timeout: Duration) {
        logger.error(
            "worker hangs and is killed",
            metadata: ["model": "\(slot.model)", "pid": "\(process.processID)", "after": "\(timeout)"])
        process.kill()
        slot.ended()
    }

    /// What a worker may take until it is ready: more than any file takes to be read.
    static let loadTimeout = Duration.seconds(3600)
}
