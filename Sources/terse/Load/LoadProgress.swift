import Synchronization

/// A bar for requests that several tasks have answered.
enum LoadProgress {
    private final class Count: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }

    /// Runs a load, until it is done or Ctrl-C comes.
    /// - Parameter body: is handed what to call for each answer; that returns whether to go on.
    /// - Throws: `Interruption`, or what the load throws.
    static func follow<Result>(
        _ total: Int, _ body: (_ report: @escaping @Sendable () -> Bool) async throws -> Result
    ) async throws -> Result {
        let (bar, count) = (ProgressBar("load", total: total, unit: .items("requests")), Count())
        do {
            let result = try await body {
                bar.report(count.next())
                return !Interrupts.requested
            }
            bar.finish()
            return result
        } catch {
            bar.abandon()
            try Interrupts.check()
            throw error
        }
    }
}
