import TestSupport
import Testing

@testable import TerseEngine

/// Who waits comes in the order of ranks, however the queue finds it.
@Suite struct WaitingQueueTests {
    private func request(_ id: RequestID, _ random: inout SplitMix64) -> ScheduledRequest {
        var submission = Submission(id: id, prompt: Array(repeating: 1, count: 1 + random.next(below: 9)), maxTokens: 1)
        submission.tenant = UInt32(random.next(below: 5))
        submission.priority = random.next(below: 7) - 3
        return ScheduledRequest(submission, arrival: .milliseconds(random.next(below: 3000)))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func theLeastRankComesFirst(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (queue, shares) = (WaitingQueue(), TenantShares())
        for tenant in 0..<5 as Range<UInt32> { shares.add(UInt64(random.next(below: 3)), to: tenant) }
        var waiting: [ScheduledRequest] = []
        for id in 0..<200 as Range<RequestID> {
            waiting.append(request(id, &random))
            queue.insert(waiting[waiting.count - 1])
            guard random.next(below: 3) == 0 else { continue }
            let gone = waiting.remove(at: random.next(below: waiting.count))
            #expect(queue.remove(gone) && !queue.remove(gone))
        }
        #expect(queue.count == waiting.count)
        #expect(queue.tokenCount == waiting.reduce(0) { $0 + $1.tokens.count })
        let ceiling = try #require(waiting.map(\.priority).max())
        let now = Duration.milliseconds(3000)
        func rank(_ request: ScheduledRequest) -> (Int, UInt64, Duration, RequestID) {
            let urgency = min(request.priority + Int((now - request.arrival) / .milliseconds(400)), ceiling)
            return (-urgency, shares.served(request.tenant), request.arrival, request.id)
        }
        var order = AdmissionOrder(queue, shares, agingInterval: .milliseconds(400), now: now)
        for request in waiting.sorted(by: { rank($0) < rank($1) }) { #expect(order.next() == request.id) }
        #expect(order.next() == nil)
    }

    @Test func nobodyIsLeftWhenAllAreGone() {
        var random = SplitMix64(seed: 1)
        var queue = WaitingQueue()
        let requests = (0..<50 as Range<RequestID>).map { request($0, &random) }
        for request in requests { queue.insert(request) }
        for request in requests { queue.remove(request) }
        #expect(queue.isEmpty && queue.lines.isEmpty && queue.tokenCount == 0)
    }
}
