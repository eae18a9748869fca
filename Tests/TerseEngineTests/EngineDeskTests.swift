import TerseModel
import Testing

@testable import TerseEngine

/// Which requests may wait for an engine.
@Suite struct EngineDeskTests {
    /// An owner that asks without end leaves places in the queue, of which others get theirs.
    @Test func noOwnerFillsTheQueue() throws {
        var limits = SchedulerLimits()
        (limits.waitingMax, limits.waitingTokensMax) = (100, 1000)
        let desk = EngineDesk(limits: limits)
        func taken(_ count: Int, tenant: UInt32, tokens: Int = 1) -> Int {
            var request = GenerationRequest(prompt: Array(repeating: 1, count: tokens), policy: .greedy, maxTokens: 2)
            request.tenant = tenant
            return (0..<count).count { _ in (try? desk.add([(request, Mailbox())], at: .zero)) != nil }
        }
        #expect(taken(200, tenant: 1) == 80)
        #expect(taken(200, tenant: 2) == 16)
        // Everybody who comes finds room for one at least.
        #expect(taken(200, tenant: 3) == 3 && taken(200, tenant: 4) == 1)
        #expect(taken(1, tenant: 5) == 0 && desk.statistics.waiting == 100)
        var busy = EngineStatistics()
        busy.running = 1
        #expect(desk.next(after: busy, retryAfter: .zero)?.count == 100)
        // Taken by the engine's thread, they wait still, until it says otherwise.
        #expect(taken(1, tenant: 5) == 0)
        #expect(desk.next(after: busy, retryAfter: .zero)?.isEmpty == true)
        #expect(taken(200, tenant: 1, tokens: 100) == 8 && taken(1, tenant: 2, tokens: 200) == 1)
        #expect(taken(1, tenant: 2, tokens: 1) == 0 && desk.statistics.refusals > 0)
    }

    /// What nobody in particular asks for has all of the queue.
    @Test func whatIsNobodysFillsTheQueue() throws {
        var (limits, load) = (SchedulerLimits(), QueueLoad())
        limits.waitingMax = 10
        let one = QueueLoad.Amount(requests: 1, tokens: 5)
        for _ in 0..<10 {
            try limits.checkQueue(load, adding: one, of: Submission.nobody, retryAfter: .zero)
            load.add(one, of: Submission.nobody)
        }
        #expect(throws: EngineError.self) {
            try limits.checkQueue(load, adding: one, of: Submission.nobody, retryAfter: .zero)
        }
        for _ in 0..<10 { load.remove(tokens: 5, of: Submission.nobody) }
        #expect(load == QueueLoad())
    }

    /// All texts of one request wait or none; who has nothing waiting is taken if the queue has room, and only what it never
    /// has room for is a bad request.
    @Test func whatComesTogetherIsTakenTogether() throws {
        var limits = SchedulerLimits()
        limits.waitingMax = 16
        let desk = EngineDesk(limits: limits)
        func refusal(_ count: Int, tenant: UInt32) -> EngineError.Code? {
            var request = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 2)
            request.tenant = tenant
            do throws(EngineError) { try desk.add((0..<count).map { _ in (request, Mailbox()) }, at: .zero) } catch {
                return error.code
            }
            return nil
        }
        #expect(refusal(17, tenant: 1) == .badRequest && desk.statistics.waiting == 0)
        #expect(refusal(16, tenant: 1) == nil && desk.statistics.waiting == 16)
        #expect(refusal(16, tenant: 2) == .busy && refusal(1, tenant: 2) == .busy && desk.statistics.waiting == 16)
    }

    /// What was taken before is let in beside those that came meanwhile, whatever its owner's share.
    @Test func whatWasAcceptedComesBack() throws {
        var limits = SchedulerLimits()
        limits.waitingMax = 10
        let desk = EngineDesk(limits: limits)
        var request = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 2)
        request.tenant = 1
        for _ in 0..<8 { try desk.add([(request, Mailbox())], at: .zero) }
        #expect(throws: EngineError.self) { try desk.add([(request, Mailbox())], at: .zero) }
        (request.wasAccepted, request.elapsed) = (true, .seconds(3))
        for _ in 0..<10 { try desk.add([(request, Mailbox())], at: .seconds(2)) }
        var busy = EngineStatistics()
        busy.running = 1
        #expect(desk.next(after: busy, retryAfter: .zero)?.last?.instant == .seconds(-1))
    }
}
