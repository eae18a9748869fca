import Foundation
import HTTPTypes
import TerseOperations
import TerseRegistry
import TestSupport
import Testing

@testable import TerseServer

/// Decisions of a route, what is remembered of them and what is kept.
@Suite struct RouteDeskTests {
    private static let full = WorkerLoad(
        running: 1, runningMax: 1, waiting: 4, waitingMax: 4, unreadTokens: 9, freeTokens: 1000)

    private func decide(_ desk: RouteDesk, tokens: Int = 10) -> RoutingDecision {
        desk.decide(RoutingSample.features(tokens: tokens), since: .now)
    }

    /// A full queue moves requests to the next best; only when all are full is anybody refused.
    @Test func overloadMovesOn() throws {
        let endpoints = RoutingSample.endpoints()
        let desk = try RoutingSample.desk(endpoints)
        let usual = decide(desk)
        #expect(usual.variant == "big" && usual.reason == .best && desk.candidates(usual) == ["big", "small"])
        endpoints[0].live.tell(Self.full)
        let overload = decide(desk)
        #expect(overload.variant == "small" && overload.reason == .overload && desk.candidates(overload) == ["small"])
        endpoints[1].live.tell(Self.full)
        let refused = decide(desk)
        #expect(refused.reason == .refused && desk.candidates(refused).isEmpty)
        let refusal = desk.refusal(refused)
        #expect(refusal.status == .tooManyRequests && refusal.retryAfterSeconds == 1)
        #expect(refusal.message.contains("big, small"))
        let now = desk.figures.now
        #expect(now.decisions == ["big": [.best: 1], "small": [.overload: 1], "": [.refused: 1]])
    }

    @Test func whoIsNotReadyIsNotAsked() throws {
        let endpoints = RoutingSample.endpoints()
        let desk = try RoutingSample.desk(endpoints)
        endpoints[0].live.ended()
        #expect(decide(desk).variant == "small")
        endpoints[1].live.ended()
        let refusal = desk.refusal(decide(desk))
        #expect(refusal.status == .serviceUnavailable && refusal.retryAfterSeconds == 2)
    }

    /// What seems too long for all is for the one with the longest context, which counts.
    @Test func longPromptsAreCounted() throws {
        let desk = try RoutingSample.desk(RoutingSample.endpoints())
        #expect(desk.candidates(decide(desk, tokens: 1500)) == ["small"])
        let long = decide(desk, tokens: 3000)
        #expect(long.reason == .refused && desk.candidates(long) == ["small"])
    }

    @Test func outcomesTeachTimes() throws {
        let desk = try RoutingSample.desk(RoutingSample.endpoints())
        for _ in 0..<60 {
            let decision = decide(desk)
            let order = RelayOrder(path: "", body: [:], model: "big", streams: false, byteCount: 0)
            let routed = RoutedRequest(
                desk: desk, number: decision.number, features: RoutingSample.features(), variant: "big", isFirst: true,
                isJudged: false, order: order)
            routed.tell(
                times: AnswerTimes(firstToken: .milliseconds(200), perToken: .milliseconds(30)),
                usage: Usage(promptTokens: 10, completionTokens: 4), answer: nil)
            // The cache had it: this says nothing of the first token's time.
            routed.tell(
                times: AnswerTimes(firstToken: .seconds(9), perToken: nil),
                usage: Usage(promptTokens: 10, cachedTokens: 9, completionTokens: 4), answer: nil)
        }
        let correction = desk.corrections[0]
        #expect(abs(correction.timeToFirstTokenFactor - 2) < 0.2 && abs(correction.timePerOutputTokenFactor - 3) < 0.3)
        #expect(desk.figures.now.answers == ["big": 120])
    }

    @Test func judgementsAndRatingsAreLearned() throws {
        let desk = try RoutingSample.desk(RoutingSample.endpoints(), judgeShare: 1)
        #expect(desk.wantsJudgement(of: "small") && !desk.wantsJudgement(of: "big"))
        #expect(try !RoutingSample.desk(RoutingSample.endpoints()).wantsJudgement(of: "small"))
        func loss() throws -> Double { try #require(decide(desk).predictions.last).lossBitsPerByte }
        let before = try loss()
        for _ in 0..<200 { desk.learn(.rating(variant: "small", -1), of: RoutingSample.features(), decision: 0) }
        #expect(try loss() > before + 0.02)
        desk.learn(
            .answer(variant: "small", logLikelihood: -1, judged: -2, agreement: 0.5), of: RoutingSample.features(),
            decision: 0)
        #expect(desk.figures.now.ratings == 200 && desk.figures.now.judgements == 1)
    }

    /// Alarms are counted and shown, the latest of them.
    @Test func driftIsTold() throws {
        var options = RoutingSample.options()
        options.plan.observationsBetweenFalseAlarms = 1000
        options.plan.rollsBackOnDrift = true
        let desk = try RoutingSample.desk(RoutingSample.endpoints(), options)
        for number in 0..<1000 {
            let judged = -2.0 - 0.01 * Double(number % 7) - (number > 500 ? 0.5 : 0)
            desk.learn(
                .answer(variant: "small", logLikelihood: -1, judged: judged, agreement: 0.5),
                of: RoutingSample.features(), decision: 0)
        }
        let now = desk.figures.now
        #expect(now.alarmCounts["small"]?[.disagreement] ?? 0 >= 1 && now.alarms.first?.alarm.variant == "small")
        let report = try RouteReport(desk: desk).json(decisions: 0)
        #expect(report["alarms"]?[0]?["quantity"] == "disagreement" && report["judgements"] == 1000)
    }

    /// Another variant is live: its profile counts, where there is one, and nothing that was learned of the one before.
    @Test func movesAreFollowed() throws {
        let endpoints = RoutingSample.endpoints()
        let desk = try RoutingSample.desk(endpoints)
        #expect(desk.moves.isEmpty)
        for _ in 0..<9 { desk.learn(.rating(variant: "small", -1), of: RoutingSample.features(), decision: 0) }
        func observations() -> Int { desk.corrections[1].qualityObservations }
        let other = ModelReference(name: "small", selector: .version(2), variant: "f16")
        endpoints[1].promote(endpoints[1].live, as: other)
        let moves = desk.moves
        #expect(moves.count == 1 && moves[0].name == "small" && moves[0].variant == other && observations() == 9)
        let better = RoutingSample.profile("small", bits: 1.2, seconds: 0.001)
        try desk.adopt(other, of: "small", better)
        #expect(desk.moves.isEmpty && observations() == 0 && decide(desk).variant == "small")
        #expect(desk.options.variants[1] == other && desk.options.plan.profiles[1] == better)
        var wrong = better
        wrong.bitsPerByte = -1
        #expect(throws: RoutingError.self) { try desk.adopt(other, of: "small", wrong) }
        // An answer of the one before is rated late.
        let late = decide(desk)
        try desk.adopt(other, of: "small", better)
        desk.learn(.rating(variant: "small", -1), of: RoutingSample.features(), decision: late.number)
        #expect(observations() == 0)
        // Without a profile the one before stays.
        let third = ModelReference(name: "small", selector: .version(3), variant: "f16")
        endpoints[1].promote(endpoints[1].live, as: third)
        try desk.adopt(third, of: "small", nil)
        #expect(desk.moves.isEmpty && desk.options.plan.profiles[1].bitsPerByte == 1.2)
        let report = try RouteReport(desk: desk).json(decisions: 0)
        #expect(report["variants"]?[1]?["registered"] == "small:3/f16")
    }

    /// What is rolled back is the variant that the evidence is of, whatever is live when somebody gets to it.
    @Test func rollbacksNameTheVariant() async throws {
        var options = RoutingSample.options()
        options.plan.observationsBetweenFalseAlarms = 1000
        options.plan.rollsBackOnDrift = true
        let endpoints = RoutingSample.endpoints()
        let desk = try RoutingSample.desk(endpoints, options)
        for number in 0..<1000 {
            let judged = -2.0 - 0.01 * Double(number % 7) - (number > 500 ? 0.5 : 0)
            desk.learn(
                .answer(variant: "small", logLikelihood: -1, judged: judged, agreement: 0.5),
                of: RoutingSample.features(), decision: 0)
        }
        endpoints[1].promote(
            endpoints[1].live, as: ModelReference(name: "small", selector: .version(2), variant: "f16"))
        let first = await desk.rollbacks.first { _ in true }
        #expect(first?.name == "small" && first?.variant == options.variants[1])
    }

    /// What a candidate does says nothing of the variant that is live.
    @Test func candidatesTeachNothing() throws {
        let endpoints = RoutingSample.endpoints()
        let desk = try RoutingSample.desk(endpoints)
        let candidate = WorkerSlot(model: "big", socket: "", role: .candidate)
        endpoints[0].set(
            ModelEndpoint.Trial(
                candidate: candidate, control: WorkerSlot(model: "big", socket: "", role: .control), desk: TrialDesk(),
                weight: 0.3, isShadow: false))
        let order = RelayOrder(path: "", body: [:], model: "big", streams: false, byteCount: 0)
        let places = (0..<100).map { number in
            endpoints[0].place(
                for: Conversation(body: [:], id: "\(number)", tenant: 0), order: order,
                routed: RoutedRequest(
                    desk: desk, number: number, features: RoutingSample.features(), variant: "big", isFirst: true,
                    isJudged: true, order: order))
        }
        #expect(places.allSatisfy { $0.isRouted == ($0.slot !== candidate) })
        #expect((1..<100).contains(places.count(where: \.isRouted)))
    }

    // MARK: Feedback

    @Test func onlyWhoAskedMayRate() throws {
        let desk = try RoutingSample.desk(RoutingSample.endpoints())
        let ledger = FeedbackLedger(countMax: 2)
        func add(_ id: String, tenant: UInt32 = 1) {
            ledger.add(
                id,
                FeedbackLedger.Entry(
                    desk: desk, number: 0, features: RoutingSample.features(), variant: "small", tenant: tenant))
        }
        func status(_ id: String, by tenant: UInt32 = 1) -> HTTPResponse.Status? {
            do throws(APIError) { _ = try ledger.rate(id, by: tenant) } catch { return error.status }
            return nil
        }
        add("cmpl-a1")
        #expect(status("cmpl-a1", by: 2) == .notFound && status("cmpl-b2") == .notFound)
        // The responses API calls the same answer so.
        #expect(status("resp_a1") == nil && status("cmpl-a1") == .conflict)
        add("chatcmpl-b2")
        add("cmpl-c3")
        #expect(status("cmpl-a1") == .notFound && status("chatcmpl-b2") == nil && status("cmpl-c3") == nil)
        add("cmpl-c3")
        add("cmpl-d4")
        #expect(status("chatcmpl-b2") == .notFound && status("cmpl-d4") == nil)
    }

    // MARK: What is kept

    @Test func knowledgeIsKept() throws {
        let folder = try TemporaryFolder()
        let options = RoutingSample.options()
        let url = SavedKnowledge.url(of: "a/b c", in: folder.url)
        #expect(url.lastPathComponent == "a%2Fb%20c.json")
        #expect(try SavedKnowledge.read(url, for: options) == nil)
        let desk = try RoutingSample.desk(RoutingSample.endpoints(), options)
        for _ in 0..<9 { desk.learn(.rating(variant: "small", -1), of: RoutingSample.features(), decision: 0) }
        try desk.saved.write(url)
        #expect(try SavedKnowledge.read(url, for: options) == desk.saved.knowledge)

        var faster = options
        faster.plan.profiles[0].promptTokensPerSecond *= 2
        #expect(throws: ServerError.self) { try SavedKnowledge.read(url, for: faster) }
        var others = options
        others.variants.reverse()
        #expect(throws: ServerError.self) { try SavedKnowledge.read(url, for: others) }
        try Data("{}".utf8).write(to: url)
        #expect(throws: DecodingError.self) { try SavedKnowledge.read(url, for: options) }
    }

    /// What does not fit is passed over, what fits is gone on with.
    @Test func aRouterGoesOn() throws {
        let folder = try TemporaryFolder()
        let options = RoutingSample.options()
        let desk = try RoutingSample.desk(RoutingSample.endpoints(), options)
        for _ in 0..<9 { desk.learn(.rating(variant: "small", -1), of: RoutingSample.features(), decision: 0) }
        let url = SavedKnowledge.url(of: options.name, in: folder.url)
        try desk.saved.write(url)
        let logger = RoutingSample.logger
        #expect(
            try KnowledgeKeeper.router(options, home: folder.url, logger: logger).knowledge == desk.saved.knowledge)
        try Data("nonsense".utf8).write(to: url)
        let anew = try KnowledgeKeeper.router(options, home: folder.url, logger: logger).knowledge
        #expect(anew != desk.saved.knowledge)
        #expect(try KnowledgeKeeper.router(options, home: nil, logger: logger).knowledge == anew)
    }

    // MARK: Rolling back

    @Test func productionIsRolledBackOnce() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(home: folder.url.appending(path: "home"))
        let by = Attribution(author: "tester")
        for number in 1...2 {
            let staging = try registry.stage()
            let blob = try staging.copy(folder.write(Array("weights \(number)".utf8), "source-\(number)"))
            let file = VariantDraft.File(path: "model.gguf", blob: blob)
            let draft = VariantDraft(name: "f16", format: .gguf, entry: "model.gguf", files: [file])
            _ = try registry.add("m", Lineage(), [draft], alias: RegistryName.production, by: by)
        }
        let live = ModelReference(name: "m", selector: .version(2), variant: "f16")
        let move = try RouteAides.rollBack(live, reason: "small: quality", in: registry)
        #expect(move.made.author == "terse serve" && move.made.reason == "drift: small: quality")
        #expect(try registry.aliases(of: "m").first?.version == 1)
        // By now production is another's.
        #expect(throws: RegistryError.self) { try RouteAides.rollBack(live, reason: "again", in: registry) }
        #expect(try registry.aliases(of: "m").first?.version == 1)
    }
}
