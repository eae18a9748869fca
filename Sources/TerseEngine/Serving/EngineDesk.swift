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
        /// When it came, here or to an engine before this one.
        let instant: Duration
    }

    private struct State {
        var arrivals: [Arrival] = []
        var nextID: RequestID = 0
        /// No more requests will come.
        var isClosed = false
        /// The thread waits for requests.
        var isSleeping = false
        /// The thread has ended.
        var hasLeft = false
        var drainers: [CheckedContinuation<Void, Never>] = []
        /// As of the last step, but for what waits: the arrivals as well.
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
            statistics.refusals = state.refusals
            return statistics
        }
    }

    /// Takes requests of one owner, all of them or none, which are not refused any more; what waits counts as of the last step.
    /// - Throws: `EngineError`: `busy` when too many wait, `badRequest` for more than ever may, `shutDown`.
    func add(
        _ requests: [(request: GenerationRequest, mailbox: Mailbox)], at instant: Duration
    ) throws(EngineError) {
        guard let first = requests.first?.request else { return }
        let refusal: EngineError? = state.withLock { state in
            if state.isClosed { return Self.shutDownError }
            var amount = QueueLoad.Amount()
            for (request, _) in requests { amount.add(tokens: request.tokenCount) }
            do throws(EngineError) {
                try limits.checkQueue(
                    state.statistics.load, adding: amount, of: first.tenant, wasAccepted: first.wasAccepted,
                    retryAfter: state.retryAfter)
            } catch {
                state.refusals += 1
                return error
            }
            for (request, mailbox) in requests {
                state.nextID += 1
                state.arrivals.append(
                    Arrival(id: state.nextID, request: request, mailbox: mailbox, instant: instant - request.elapsed))
            }
            state.statistics.load.add(amount, of: first.tenant)
            return nil
        }
        if let refusal { throw refusal }
        wakeThread()
    }

    /// What has arrived since the last call, waited for when there is nothing else to do; nil when the thread is to end.
    func next(after statistics: EngineStatistics, retryAfter: Duration) -> [Arrival]? {
        let isIdle = statistics.running + statistics.waiting == 0
        while true {
            let arrivals: [Arrival]?? = state.withLock { state in
                (state.statistics, state.retryAfter) = (statistics, retryAfter)
                if isIdle, state.arrivals.isEmpty {
                    if state.isClosed { return .some(nil) }
                    state.isSleeping = true
                    return nil
                }
                defer { state.arrivals = [] }
                for arrival in state.arrivals {
                    let request = arrival.request
                    state.statistics.load.add(
                        QueueLoad.Amount(requests: 1, tokens: request.tokenCount), of: request.tenant)
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
