import NIOCore
import NIOPosix

/// Bounds what something may take.
enum Deadline {
    /// Runs `body`, and cancels it when its time is over.
    /// - Throws: what `body` throws, or the error then.
    static func race<Result: Sendable>(
        _ timeout: Duration, orThrow error: any Error, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await pass(timeout)
                throw error
            }
            defer { group.cancelAll() }
            return try await group.next()!
        }
    }

    /// Returns after the time. An event loop keeps it, for what is left of a cancelled `Task.sleep` stays in memory
    /// until its time is over.
    /// - Throws: `CancellationError`.
    private static func pass(_ time: Duration) async throws {
        let alarm = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(time)) {}
        try await withTaskCancellationHandler {
            do { try await alarm.futureResult.get() } catch { throw CancellationError() }
        } onCancel: {
            alarm.cancel()
        }
    }
}
