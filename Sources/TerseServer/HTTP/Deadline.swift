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
                try await Task.sleep(for: timeout)
                throw error
            }
            defer { group.cancelAll() }
            return try await group.next()!
        }
    }
}
