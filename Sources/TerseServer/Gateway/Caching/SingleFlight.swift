import Synchronization

/// Lets one of several equal requests be answered, and gives the others what it got; and keeps that for those to come.
final class SingleFlight: Sendable {
    /// What a request is to do.
    enum Start: Sendable {
        /// It is the first: whoever holds the ticket answers it, and says so.
        case leads(FlightTicket)
        /// The answer is there.
        case landed(CachedAnswer)
    }

    private struct State {
        var cache: AnswerCache
        /// Requests that wait for one that is under way.
        var waiting: [AnswerKey: [Int: CheckedContinuation<Result<CachedAnswer, APIError>?, Never>]] = [:]
        var joined = 0
    }

    private let state: Mutex<State>
    private let epoch = ContinuousClock.now

    init(_ limits: CacheLimits) { state = Mutex(State(cache: AnswerCache(limits))) }

    /// What the cache did: hits, misses, those that waited for another's answer, bytes, answers.
    var figures: (hits: Int, misses: Int, joined: Int, bytes: Int, answers: Int) {
        state.withLock { ($0.cache.hits, $0.cache.misses, $0.joined, $0.cache.byteCount, $0.cache.count) }
    }

    /// Begins a request. Waits while an equal one is under way; if that comes to nothing, this one leads.
    /// - Throws: `CancellationError`; `APIError` where that failed in a way that this one would as well.
    func begin(_ key: AnswerKey) async throws -> Start {
        while true {
            try Task.checkCancellation()
            let start: Start? = state.withLock { state in
                if let answer = state.cache.answer(to: key, now: epoch.duration(to: .now)) { return .landed(answer) }
                guard state.waiting[key] == nil else { return nil }
                state.waiting[key] = [:]
                return .leads(FlightTicket(key, self))
            }
            if let start { return start }
            if let answer = await landing(of: key) { return .landed(try answer.get()) }
        }
    }

    /// - Returns: nil when there is no answer to share, or the task was cancelled.
    private func landing(of key: AnswerKey) async -> Result<CachedAnswer, APIError>? {
        let number = state.withLock { state in
            state.joined += 1
            return state.joined
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, state.waiting[key] != nil else { return true }
                    state.waiting[key]?[number] = continuation
                    return false
                }
                if isOver { continuation.resume(returning: nil) }
            }
        } onCancel: {
            state.withLock { $0.waiting[key]?.removeValue(forKey: number) }?.resume(returning: nil)
        }
    }

    /// - Parameter answer: nil when there is none that others may have; errors are not kept.
    func land(_ key: AnswerKey, _ answer: Result<CachedAnswer, APIError>?) {
        let waiting = state.withLock { state in
            if case .success(let answer) = answer { state.cache.keep(answer, for: key, now: epoch.duration(to: .now)) }
            return state.waiting.removeValue(forKey: key) ?? [:]
        }
        for continuation in waiting.values { continuation.resume(returning: answer) }
    }
}
