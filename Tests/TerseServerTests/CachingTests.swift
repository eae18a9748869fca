import TerseJSON
import TestSupport
import Testing

@testable import TerseServer

/// Answers that are kept, and requests that wait for one another.
@Suite struct CachingTests {
    static func key(_ prompt: String, tenant: UInt32 = 0, version: String = "1") -> AnswerKey {
        AnswerKey(
            path: "/v1/completions", body: ["prompt": .string(prompt), "temperature": 0], modelVersion: version,
            tenant: tenant)!
    }

    static func answer(_ text: String) -> CachedAnswer { CachedAnswer(streams: false, text: text, usage: nil) }

    @Test func keysAreOfWhatDecides() {
        let (path, version) = ("/v1/completions", "1")
        func key(_ body: JSONObject) -> AnswerKey? {
            AnswerKey(path: path, body: body, modelVersion: version, tenant: 0)
        }
        #expect(key(["prompt": "a"]) == nil, "left to chance")
        #expect(key(["prompt": "a", "seed": 1]) != nil && key(["prompt": "a", "seed": "18446744073709551615"]) != nil)
        #expect(key(["prompt": "a", "seed": .null]) == nil)
        let one = key(["prompt": "a", "temperature": 0, "user": "x"])
        #expect(one == key(["temperature": 0, "prompt": "a"]), "order and user do not matter")
        #expect(one != key(["temperature": 0, "prompt": "b"]))
        #expect(
            key(["seed": 1, "x": ["a": 1, "b": 2]]) != key(["seed": 1, "x": ["b": 2, "a": 1]]),
            "the order of a schema's properties is that of the answer")
        let told = AnswerKey(path: path, body: ["seed": 1], echo: ["metadata": 1], modelVersion: version, tenant: 0)
        #expect(told != key(["seed": 1]), "what is told again of a request is for who sent it")
        #expect(Self.key("a") != Self.key("a", tenant: 1))
        #expect(Self.key("a") != Self.key("a", version: "2"))
    }

    @Test func theLeastRecentlyUsedGoesFirst() {
        var limits = CacheLimits()
        limits.answersMax = 2
        var cache = AnswerCache(limits)
        cache.keep(Self.answer("a"), for: Self.key("a"), now: .zero)
        cache.keep(Self.answer("b"), for: Self.key("b"), now: .zero)
        #expect(cache.answer(to: Self.key("a"), now: .zero) != nil)
        cache.keep(Self.answer("c"), for: Self.key("c"), now: .zero)
        #expect(cache.answer(to: Self.key("b"), now: .zero) == nil)
        #expect(cache.answer(to: Self.key("a"), now: .zero)?.text == "a")
        #expect(cache.answer(to: Self.key("a"), now: limits.ageMax + .seconds(1)) == nil, "too old")
        #expect(cache.count == 1)
    }

    @Test func bytesAreBounded() {
        var limits = CacheLimits()
        (limits.bytesMax, limits.answerBytesMax) = (5000, 2000)
        var cache = AnswerCache(limits)
        for index in 0..<100 {
            cache.keep(Self.answer(String(repeating: "x", count: index * 30)), for: Self.key("\(index)"), now: .zero)
            #expect(cache.byteCount <= limits.bytesMax)
        }
        #expect(cache.count > 0)
        limits.bytesMax = 0
        cache = AnswerCache(limits)
        cache.keep(Self.answer(""), for: Self.key("a"), now: .zero)
        #expect(cache.count == 0)
    }

    @Test func oneAnswersForAll() async throws {
        let singleFlight = SingleFlight(CacheLimits())
        guard case .leads(let ticket) = try await singleFlight.begin(Self.key("a")) else {
            Issue.record("the first should lead")
            return
        }
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    guard case .landed(let answer) = try? await singleFlight.begin(Self.key("a")) else { return nil }
                    return answer.text
                }
            }
            #expect(await eventually { singleFlight.figures.joined == 8 })
            ticket.land(.success(Self.answer("x")))
            for await text in group { #expect(text == "x") }
        }
    }

    /// Who goes away while waiting for another's answer does not wait on.
    @Test func waitingCanBeCancelled() async throws {
        let singleFlight = SingleFlight(CacheLimits())
        guard case .leads(let ticket) = try await singleFlight.begin(Self.key("a")) else {
            Issue.record("the first should lead")
            return
        }
        let waiting = Task { try await singleFlight.begin(Self.key("a")) }
        #expect(await eventually { singleFlight.figures.joined == 1 })
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        ticket.land(nil)
    }

    /// A leader that comes to nothing hands the lead on.
    @Test func failuresAreNotShared() async throws {
        let singleFlight = SingleFlight(CacheLimits())
        var first: FlightTicket?
        if case .leads(let ticket) = try await singleFlight.begin(Self.key("a")) { first = ticket }
        #expect(first != nil)
        first = nil
        guard case .leads(let second) = try await singleFlight.begin(Self.key("a")) else {
            Issue.record("the second should lead")
            return
        }
        second.land(.success(Self.answer("y")))
        guard case .landed(let answer) = try await singleFlight.begin(Self.key("a")) else {
            Issue.record("the third should find the answer")
            return
        }
        #expect(answer.text == "y")
    }

    /// What workers die over they would die over again: those who wait get the error, who comes later leads.
    @Test func whatAllWouldFailByIsShared() async throws {
        let singleFlight = SingleFlight(CacheLimits())
        guard case .leads(let ticket) = try await singleFlight.begin(Self.key("a")) else {
            Issue.record("the first should lead")
            return
        }
        let waiting = Task { try await singleFlight.begin(Self.key("a")) }
        #expect(await eventually { singleFlight.figures.joined == 1 })
        ticket.land(.failure(.timedOut))
        await #expect(throws: APIError.timedOut) { _ = try await waiting.value }
        guard case .leads = try await singleFlight.begin(Self.key("a")) else {
            Issue.record("the third should lead")
            return
        }
    }

    @Test func hitsAreMarkedInUsage() {
        let whole = CachedAnswer(streams: false, text: "{\"usage\":{\"total_tokens\":3}}", usage: nil)
        #expect(whole.markedText == "{\"usage\":{\"total_tokens\":3,\"terse_cache\":\"hit\"}}")
        let stream = CachedAnswer(
            streams: true, text: "data: {\"x\":1}\n\ndata: {\"usage\":{\"n\":1}}\n\ndata: [DONE]\n\n", usage: nil)
        #expect(
            stream.markedText
                == "data: {\"x\":1}\n\ndata: {\"usage\":{\"n\":1,\"terse_cache\":\"hit\"}}\n\ndata: [DONE]\n\n")
    }

    @Test func streamsThatBrokeAreNotKept() {
        var record = StreamRecord(isWanted: true)
        record.append("data: {}\n\n")
        #expect(record.answer == nil)
        record.append("data: [DONE]\n\n")
        #expect(record.answer != nil)
    }
}
