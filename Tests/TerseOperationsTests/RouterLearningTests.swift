import Foundation
import Testing

@testable import TerseOperations

@Suite struct RouterLearningTests {
    private let prose = RequestFeatures(texts: ["It was the best of times, it was the worst of times."])
    private let code = RequestFeatures(texts: ["int x = f(y[0]);\nreturn {x};"])

    private func router(_ change: (inout RouterPlan) -> Void = { _ in }) throws -> Router {
        try Router(RoutingSample.plan(TradeOff(quality: 1, time: 0.9), change))
    }

    private func decide(_ router: inout Router, _ features: RequestFeatures = RoutingSample.request())
        -> RoutingDecision
    {
        router.decide(features, RoutingSample.idle, at: .zero)
    }

    /// One request: it takes the large variant so many times as long as its profile says, to the first token and after.
    private func serve(
        _ router: inout Router, slowness: Double, energy: Double = 1, variant: String = "large"
    ) -> [RoutingAction] {
        let decision = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero)
        return router.observe(
            RoutedOutcome(
                number: decision.number, variant: variant, outputTokens: 128, timeToFirstToken: 0.256 * slowness,
                timePerOutputToken: 0.01 * slowness, joules: 15.36 * energy))
    }

    @Test func timesAndEnergyAreCorrected() throws {
        var router = try router()
        for _ in 0..<100 { #expect(serve(&router, slowness: 2, energy: 0.5).isEmpty) }
        let large = router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero).predictions[1]
        #expect(abs(large.timeToFirstToken - 0.512) < 0.01 && abs(large.timePerOutputToken - 0.02) < 0.001)
        #expect(abs(large.joules - 7.68) < 0.1)
        let (small, slow) = (router.corrections[0], router.corrections[1])
        #expect(small.variant == "small" && small.timeToFirstTokenFactor == 1 && small.joulesFactor == 1)
        #expect(abs(slow.timePerOutputTokenFactor - 2) < 0.05 && abs(slow.joulesFactor - 0.5) < 0.01)
        // Twice as slow as profiled, the large variant is not worth it any more.
        #expect(router.decide(RoutingSample.request(), RoutingSample.idle, at: .zero).variant == "small")
        // The small one is as it was; what is unknown or forgotten changes nothing.
        #expect(
            abs(router.decide(prose, RoutingSample.idle, at: .zero).predictions[0].timePerOutputToken - 0.01 / 3) < 1e-9
        )
        let before = router.knowledge
        for (number, variant) in [(-1, "large"), (1_000_000, "large"), (0, "nobody")] {
            let outcome = RoutedOutcome(number: number, variant: variant, outputTokens: 0, timeToFirstToken: 9)
            #expect(router.observe(outcome).isEmpty)
        }
        #expect(router.knowledge.variants == before.variants)
    }

    @Test func expectedLengthsAreLearned() throws {
        var router = try router()
        for _ in 0..<2000 {
            let number = router.decide(RoutingSample.request(outputTokensMax: nil), RoutingSample.idle, at: .zero)
                .number
            _ = router.observe(RoutedOutcome(number: number, variant: "large", outputTokens: 20))
        }
        func seconds(_ bound: Int?) -> Double {
            router.decide(RoutingSample.request(outputTokensMax: bound), RoutingSample.idle, at: .zero).predictions[1]
                .seconds
        }
        #expect(abs(seconds(nil) - 0.456) < 0.02 && abs(seconds(4096) - 0.456) < 0.02 && abs(seconds(5) - 0.306) < 1e-9)
    }

    /// Evenly matched, requests go where the texts say: prose loses little by the small variant, code much.
    @Test func qualityIsLearnedFromTexts() throws {
        var router = try router()
        for _ in 0..<200 {
            for (features, loss) in [(prose, 0.02), (code, 0.3)] {
                let number = router.decide(features, RoutingSample.idle, at: .zero).number
                #expect(router.learn(.text(bitsPerByte: ["small": 2 + loss, "large": 2]), of: number).isEmpty)
            }
        }
        #expect(router.corrections.map(\.qualityObservations) == [400, 400])
        let (easy, hard) = (
            router.decide(prose, RoutingSample.idle, at: .zero), router.decide(code, RoutingSample.idle, at: .zero)
        )
        #expect(abs(easy.predictions[0].lossBitsPerByte - 0.02) < 0.01 && easy.variant == "small")
        #expect(abs(hard.predictions[0].lossBitsPerByte - 0.3) < 0.02 && hard.variant == "large")
        #expect(abs(hard.predictions[1].bitsPerByte - 2) < 0.05 && abs(hard.predictions[0].bitsPerByte - 2.3) < 0.05)
        // Scored alone, a text is compared with what the best variant needs for such texts.
        for _ in 0..<2000 { _ = router.learn(.text(bitsPerByte: ["small": 2]), of: code) }
        #expect(router.decide(code, RoutingSample.idle, at: .zero).predictions[0].lossBitsPerByte < 0.1)
    }

    /// A few tokens prove less than many.
    @Test func shortTextsCountLess() throws {
        func loss(tokens: Int) throws -> Double {
            var router = try router()
            for _ in 0..<5 {
                _ = router.learn(.text(bitsPerByte: ["small": 2.2, "large": 2], tokens: tokens), of: prose)
            }
            return router.decide(prose, RoutingSample.idle, at: .zero).predictions[0].lossBitsPerByte
        }
        let (short, usual, long) = (try loss(tokens: 4), try loss(tokens: 64), try loss(tokens: 6400))
        #expect(short > 0.1 && short < usual && long == usual && usual < 0.2)
    }

    @Test func judgedAnswersAndRatingsCount() throws {
        var router = try router()
        func loss() -> Double { router.decide(code, RoutingSample.idle, at: .zero).predictions[0].lossBitsPerByte }
        for _ in 0..<200 {
            for (features, agreement) in [(prose, 0.9), (code, 0.5)] {
                let evidence = QualityEvidence.answer(
                    variant: "small", logLikelihood: -1, judged: -1.1, agreement: agreement)
                #expect(router.learn(evidence, of: features).isEmpty)
            }
        }
        let judged = loss()
        #expect(
            judged > 0.12 && router.decide(prose, RoutingSample.idle, at: .zero).predictions[0].lossBitsPerByte < 0.08)
        for _ in 0..<50 { _ = router.learn(.rating(variant: "small", 1), of: code) }
        #expect(loss() < judged)
        let before = router.knowledge
        let meaningless: [QualityEvidence] = [
            .rating(variant: "small", 2), .rating(variant: "small", .nan), .rating(variant: "nobody", 1),
            .answer(variant: "small", logLikelihood: .nan, judged: -1, agreement: 1),
            .answer(variant: "large", logLikelihood: -1, judged: -1, agreement: 1),
            .text(bitsPerByte: ["small": .infinity, "nobody": 1]),
        ]
        for evidence in meaningless { #expect(router.learn(evidence, of: code).isEmpty) }
        #expect(router.knowledge == before && router.learn(.rating(variant: "small", 1), of: 999_999).isEmpty)
    }

    /// Quality that falls raises an alarm and, if the plan says so, asks for a rollback; times that grow raise an
    /// alarm.
    @Test(arguments: [false, true]) func driftIsAnAction(rollsBack: Bool) throws {
        var router = try router { $0.rollsBackOnDrift = rollsBack }
        var noise = Noise(seed: 7)
        func text(_ loss: Double) -> [RoutingAction] {
            let bits = 1.5 + 0.4 * noise.normal()
            return router.learn(
                .text(bitsPerByte: ["small": bits + loss + 0.05 * noise.normal(), "large": bits]), of: prose)
        }
        for _ in 0..<1000 { #expect(text(0.1).isEmpty) }
        let found = (0..<200).lazy.map { _ in text(0.25) }.first { !$0.isEmpty } ?? []
        guard case .alarm(let alarm) = found.first else {
            Issue.record("no alarm")
            return
        }
        #expect(alarm.variant == "small" && alarm.quantity == .quality && alarm.growth > 1 && alarm.observations < 100)
        let rollBack = RoutingAction.rollBack(variant: "small", reason: alarm.description)
        #expect(found == [.alarm(alarm)] + (rollsBack ? [rollBack] : []))
        #expect(alarm.description.hasPrefix("small: quality: worse by "))
        var late: [RoutingAction] = []
        for _ in 0..<500 { #expect(serve(&router, slowness: exp(0.1 * noise.normal())).isEmpty) }
        for _ in 0..<100 { late += serve(&router, slowness: 1.5 * exp(0.1 * noise.normal())) }
        let quantities = late.compactMap { if case .alarm(let alarm) = $0 { alarm.quantity } else { nil } }
        #expect(Set(quantities) == [.timeToFirstToken, .timePerOutputToken] && late.count == quantities.count)
    }

    @Test func knowledgeOutlivesTheProcess() throws {
        var router = try router()
        for _ in 0..<50 {
            _ = serve(&router, slowness: 1.7)
            _ = router.learn(.text(bitsPerByte: ["small": 2.3, "large": 2]), of: code)
        }
        let data = try JSONEncoder().encode(router.knowledge)
        let knowledge = try JSONDecoder().decode(RouterKnowledge.self, from: data)
        #expect(knowledge == router.knowledge)
        var next = try Router(router.plan, knowledge: knowledge)
        let (one, other) = (
            router.decide(code, RoutingSample.idle, at: .zero), next.decide(code, RoutingSample.idle, at: .zero)
        )
        #expect(one.predictions == other.predictions)
        var plan = router.plan
        plan.profiles[0].name = "other"
        let error = #expect(throws: RoutingError.self) { try Router(plan, knowledge: knowledge) }
        #expect(error?.description.contains("found of [\"small\", \"large\"]") == true)
        // A program with other features, or a file that lost some: an error, and no trap.
        for (part, other) in [
            ("\"weights\":[", "\"weights\":[0,"), ("\"next\":0", "\"next\":-1"),
            ("\"detectors\":[", "\"detectors\":[],\"old\":["),
        ] {
            var damaged = data
            damaged.replace(Data(part.utf8), with: Data(other.utf8))
            #expect(damaged != data)
            let read = try JSONDecoder().decode(RouterKnowledge.self, from: damaged)
            #expect(throws: RoutingError.self) { try Router(router.plan, knowledge: read) }
        }
    }
}
