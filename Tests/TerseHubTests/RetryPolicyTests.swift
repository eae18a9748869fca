import Foundation
import Testing

@testable import TerseHub

@Suite struct RetryPolicyTests {
    let failure = AttemptFailure(.network, "broken", isTransient: true)

    @Test func delaysDoubleUpToALimit() {
        var policy = RetryPolicy(DownloadConfiguration())
        let decisions = (0..<6).map { _ in policy.decide(after: failure, broughtBytes: false) }
        let delays: [RetryPolicy.Decision] = [1, 2, 4, 8, 16].map { .retry(after: .seconds($0)) }
        #expect(Array(decisions.prefix(5)) == delays)
        guard case .giveUp(let error) = decisions[5] else {
            Issue.record("retries a sixth time")
            return
        }
        #expect(error.message == "broken (given up after 6 attempts)")
        var patient = DownloadConfiguration()
        patient.maximumFruitlessAttempts = 100
        policy = RetryPolicy(patient)
        for _ in 0..<98 { _ = policy.decide(after: failure, broughtBytes: false) }
        #expect(policy.decide(after: failure, broughtBytes: false) == .retry(after: .seconds(60)))
    }

    @Test func progressStartsTheCountAnew() {
        var policy = RetryPolicy(DownloadConfiguration())
        for _ in 0..<999 { #expect(policy.decide(after: failure, broughtBytes: true) == .retry(after: .seconds(1))) }
        guard case .giveUp = policy.decide(after: failure, broughtBytes: true) else {
            Issue.record("tries for ever")
            return
        }
    }

    @Test func permanentFailuresEnd() {
        var policy = RetryPolicy(DownloadConfiguration())
        let failure = AttemptFailure(.notFound, "gone")
        #expect(policy.decide(after: failure, broughtBytes: true) == .giveUp(failure.error))
    }

    @Test func retryAfter() {
        let now = Date(timeIntervalSince1970: 1_445_412_470)  // Wed, 21 Oct 2015 07:27:50 GMT
        #expect(RetryPolicy.retryAfter("120", now: now) == .seconds(120))
        #expect(RetryPolicy.retryAfter("Wed, 21 Oct 2015 07:28:00 GMT", now: now) == .seconds(10))
        #expect(RetryPolicy.retryAfter("Wed, 21 Oct 2014 07:28:00 GMT", now: now) == .zero)
        #expect(RetryPolicy.retryAfter("-5", now: now) == .zero)
        for header in [nil, "", "soon", "1.5"] { #expect(RetryPolicy.retryAfter(header, now: now) == nil) }
    }
}
