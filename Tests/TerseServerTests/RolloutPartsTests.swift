import HTTPTypes
import TerseJSON
import TerseOperations
import TerseRegistry
import Testing

@testable import TerseServer

/// What a gateway makes of requests and answers while a rollout compares.
@Suite struct RolloutPartsTests {
    private func conversation(_ json: String, id: String? = nil, tenant: UInt32 = 0) throws -> Conversation {
        let body = try #require(try JSONValue.parse(Array(json.utf8)).objectValue)
        return Conversation(body: body, id: id, tenant: tenant)
    }

    /// A conversation keeps its key while it grows, and has it from its own first words.
    @Test func conversationsAreTold() throws {
        let first = try conversation(
            #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}]}"#)
        let second = try conversation(
            #"""
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"},
              {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}], "temperature": 1}
            """#)
        #expect(first.key == second.key && !first.goesOn && second.goesOn)
        let other = try conversation(
            #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "b"}]}"#)
        #expect(other.key != first.key)
        let (text, longer) = (try conversation(#"{"prompt": "a"}"#), try conversation(#"{"prompt": "ab"}"#))
        #expect(text.key != longer.key && !text.goesOn)
        #expect(try conversation(#"{"prompt": "a"}"#, tenant: 1).key != text.key)
        #expect(try conversation(#"{"prompt": "a", "user": "x"}"#).key != text.key)
        let named = try conversation(#"{"prompt": "a"}"#, id: "7")
        #expect(try conversation(#"{"prompt": "z", "user": "x"}"#, id: "7") == named && named.key != text.key)
    }

    /// What is shown of a plan can be given back.
    @Test func plansAreReadAsTheyAreShown() throws {
        var other = RolloutPlan()
        other.weights = try RolloutPlan.weights(percent: ["0.07", "29", "33.333333333333336", "50", "100"])
        (other.pairsPerStep, other.shadowPairs, other.pairsMax) = (7, 11, 1_000_000)
        (other.patience, other.patienceMax) = (.seconds(0.1), .seconds(86_400.7))
        (other.falseRollbackRisk, other.falsePromotionRisk) = (1e-6, 0.25)
        other.criteria = [
            RolloutCriterion(.errorRate, tolerated: 0, intolerable: 1),
            RolloutCriterion(.quality, tolerated: 0.05, intolerable: 1e20),
        ]
        for plan in [RolloutPlan(), other] { #expect(try RolloutPlan(plan.statement) == plan) }
        let standard = RolloutPlan().statement
        #expect(
            standard.keys == [
                "weights", "pairs_per_step", "shadow_pairs", "pairs_max", "patience", "patience_max",
                "false_rollback_risk", "false_promotion_risk", "criteria",
            ])
        #expect(standard["weights"]?.arrayValue?.compactMap(\.doubleValue) == [1, 5, 25, 50])
        #expect(standard["patience"]?.doubleValue == 60 && standard["patience_max"]?.doubleValue == 600)
        let quality: JSONValue = ["tolerated": 0.3, "intolerable": 1.0]
        #expect(standard["criteria"]?["quality"] == quality)
        #expect(other.statement["weights"]?[0]?.doubleValue == 0.07)
    }

    @Test func theLatestConversationsAreRemembered() {
        var seen = SeenConversations(countMax: 2)
        #expect(["a", "b", "a", "c", "a", "c"].map { seen.insert($0) } == [true, true, false, true, true, false])
    }

    @Test func answersAreRead() {
        let chat = AnswerText.whole(#"{"choices":[{"index":0,"message":{"content":"a"}},{"message":{"content":"b"}}]}"#)
        #expect(chat.text == "a" && AnswerText.whole(#"{"choices":[{"text":"c"}]}"#).text == "c")
        #expect(AnswerText.whole(#"{"choices":[{"message":{"content":null}}]}"#).text == nil)
        #expect(AnswerText.whole("{").text == nil)
        let events = AnswerText.events(
            """
            data: {"choices":[{"index":0,"delta":{"content":"a"}}]}

            data: {"choices":[{"index":1,"delta":{"content":"b"}}]}

            data: {"choices":[{"index":0,"text":"c"}]}

            data: {"choices":[]}

            data: [DONE]


            """)
        #expect(events.text == "ac" && AnswerText.events("data: [DONE]\n\n").text == nil)
    }

    @Test func timesComeBackFromAHeader() {
        let times = AnswerTimes(firstToken: .seconds(1.5), perToken: .milliseconds(20))
        #expect(AnswerTimes(header: times.header) == times)
        let one = AnswerTimes(firstToken: .seconds(1), perToken: nil)
        #expect(AnswerTimes(header: one.header) == one)
        for header in ["", "1", "1 x", "nan 1", "1 -1", "1 2 3"] { #expect(AnswerTimes(header: header) == nil) }
    }

    /// What a client did wrong is nobody's outcome; a fault is, and so is that another had to answer.
    @Test func outcomesAreTold() throws {
        for (status, fallsBack, count, failed) in [
            (HTTPResponse.Status.ok, false, 1, false), (.ok, true, 1, true), (.badRequest, false, 0, false),
            (.badRequest, true, 0, false), (.internalServerError, false, 1, true), (.tooManyRequests, false, 1, true),
        ] {
            let endpoint = ModelEndpoint(WorkerSlot(model: "m", socket: ""))
            let slot = WorkerSlot(model: "m", socket: "", role: .candidate)
            let desk = TrialDesk()
            let place = RequestPlace(
                SlotUse(slot), endpoint: endpoint,
                observation: RequestPlace.Observation(desk: desk, group: .candidate, path: "", body: [:]))
            #expect(place.canFallBack)
            if fallsBack { #expect(place.fallBack() && !place.fallBack() && place.slot === endpoint.live) }
            for _ in 0..<2 { place.tell(status) }
            let outcomes = desk.take()
            #expect(
                outcomes.count == count
                    && outcomes.allSatisfy { ($0.outcome == RequestOutcome(failed: true)) == failed })
        }
    }

    /// Shares are of conversations; later requests of one go where its first went, and are no outcomes.
    @Test func conversationsStay() throws {
        let (live, candidate) = (WorkerSlot(model: "m", socket: ""), WorkerSlot(model: "m", socket: ""))
        let control = WorkerSlot(model: "m", socket: "")
        let endpoint = ModelEndpoint(live)
        var trial = ModelEndpoint.Trial(
            candidate: candidate, control: control, desk: TrialDesk(), weight: 0.1, isShadow: false)
        endpoint.set(trial)
        func place(_ number: Int) throws -> RequestPlace {
            let order = RelayOrder(path: "", body: [:], model: "m", streams: false, byteCount: 2)
            return endpoint.place(for: try conversation("{}", id: "\(number)"), order: order)
        }
        let first = try (0..<1000).map(place)
        let groups = [candidate, control, live].map { slot in first.count { $0.slot === slot } }
        #expect((70...130).contains(groups[0]) && (70...130).contains(groups[1]), "\(groups)")
        #expect(first.allSatisfy { $0.isObserved == ($0.slot !== live) })
        trial.weight = 0.5
        endpoint.set(trial)
        for (number, before) in first.enumerated() {
            let after = try place(number)
            #expect(!after.isObserved && after.slot !== live)
            if before.slot !== live { #expect(after.slot === before.slot) }
        }
        let variant = ModelReference(name: "m", selector: .version(2), variant: "f16")
        endpoint.promote(candidate, as: variant)
        #expect(try place(0).slot === candidate && endpoint.live === candidate && endpoint.variant == variant)
    }

    /// An error that the client is not told of is not the end of its stream.
    @Test func errorsCanBeHeld() throws {
        var relay = StreamRelay()
        relay.holdsErrors = true
        let error = "data: {\"error\":{\"message\":\"x\"}}\n\n"
        #expect(try relay.take(error.utf8).isEmpty && !relay.isFinished && !relay.hasFailed)
        relay.holdsErrors = false
        #expect(try relay.take(error.utf8) == error && relay.isFinished && relay.hasFailed)
    }

    @Test func theLatestRequestsAreKept() throws {
        let ring = PromptRing(countMax: 2)
        for number in 0..<5 {
            ring.keep(try #require(TrialRequest(copyOf: ["n": JSONValue(number), "stream": true], path: "/p")))
        }
        #expect(
            Set(ring.all.map { $0.body["n"]?.intValue }) == [3, 4] && ring.all.allSatisfy { $0.body["stream"] == nil })
        let large = JSONValue.string(String(repeating: "x", count: TrialRequest.bytesMax))
        #expect(TrialRequest(copyOf: ["prompt": large], path: "/p") == nil)
        #expect(!PromptRing(countMax: 0).isWanted)
    }
}
