import Foundation
import Synchronization

/// Where requests are handed in from async code and taken by the engine's thread, and where that leaves its figures: the one
/// bridge between the two, besides the mailboxes that carry events back.
final class EngineDesk: Sendable {
    /// A request on its way.
    struct Arrival: Sendable {
        let id: RequestID
        let request: GenerationRequest
        let mailbox: Mailbox
        let instant: Duration

        var tokenCount: Int { request.prompt.count + request.generated.count }
    }

    private struct State {
        var arrivals: [Arrival] = []
        /// What waits as of the last step, and those.
        var load = QueueLoad()
        var nextID: RequestID = 0
        /// No more requests will come.
        var isClosed = false
        /// The thread waits for requests.
        var isSleeping = false
        /// The thread has ended.
        var hasLeft = false
        var drainers: [CheckedContinuation<Void, Never>] = []
        var statistics = EngineStatistics()
        var refusals = 0
        var retryAfter = Duration.zero
    }

    private let limits: SchedulerLimits
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let shutDownFlag = Atomic(false)

    static let shutDownError = EngineError(.shutDown, "the engine takes no more requests")

    init(limits: SchedulerLimits) { self.limits = limits }

    var isShutDown: Bool { shutDownFlag.load(ordering: .relaxed) }

    var statistics: EngineStatistics {
        state.withLock { state in
            var statistics = state.statistics
            (statistics.waiting, statistics.waitingTokens) = (state.load.all.requests, state.load.all.tokens)
            statistics.refusals = state.refusals
            return statistics
        }
    }

    /// Takes a request, which is not refused any more; what waits counts as of the last step.
    /// - Throws: `EngineError`: `busy` when too many wait, `shutDown`.
    func add(_ request: GenerationRequest, _ mailbox: Mailbox, at instant: Duration) throws(EngineError) {
        let refusal: EngineError? = state.withLock { state in
            if state.isClosed { return Self.shutDownError }
            let arrival = Arrival(id: state.nextID + 1, request: request, mailbox: mailbox, instant: instant)
            do throws(EngineError) {
                try limits.checkQueue(
                    state.load, adding: arrival.tokenCount, of: request.tenant, retryAfter: state.retryAfter)
            } catch {
                state.refusals += 1
                return error
            }
            state.nextID = arrival.id
            state.arrivals.append(arrival)
            state.load.add(tokens: arrival.tokenCount, of: request.tenant)
            return nil
        }
        if let refusal { throw refusal }
        wakeThread()
    }

    /// What has arrived since the last call, waited for when there is nothing else to do; nil when the thread is to end.
    /// - Parameter load: what waits.
    func next(after statistics: EngineStatistics, _ load: QueueLoad, retryAfter: Duration) -> [Arrival]? {
        let isIdle = statistics.running + statistics.waiting == 0
        while true {
            let arrivals: [Arrival]?? = state.withLock { state in
                (state.statistics, state.load) = (statistics, load)
                state.retryAfter = retryAfter
                if isIdle, state.arrivals.isEmpty {
                    if state.isClosed { return .some(nil) }
                    state.isSleeping = true
                    return nil
                }
                defer { state.arrivals = [] }
                for arrival in state.arrivals {
                    state.load.add(tokens: arrival.tokenCount, of: arrival.request.tenant)
                }
                return state.arrivals
            }
            if let arrivals { return arrivals }
            wake.wait()
        }
    }

    /// Lets what was taken be done, and then the thread end.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeThread()
    }

    /// As `close`, and waits for the end.
    func drain() async {
        close()
        await withCheckedContinuation { drainer in
            let hasLeft = state.withLock { state in
                if !state.hasLeft { state.drainers.append(drainer) }
                return state.hasLeft
            }
            if hasLeft { drainer.resume() }
        }
    }

    func shutDown() {
        shutDownFlag.store(true, ordering: .relaxed)
        close()
    }

    /// The thread ends.
    func leave() {
        let drainers = state.withLock { state in
            state.hasLeft = true
            defer { state.drainers = [] }
            return state.drainers
        }
        for drainer in drainers { drainer.resume() }
    }

    private func wakeThread() {
        let isSleeping = state.withLock { state in
            defer { state.isSleeping = false }
            return state.isSleeping
        }
        if isSleeping { wake.signal() }
    }
}
