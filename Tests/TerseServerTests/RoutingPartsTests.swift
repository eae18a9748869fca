import Foundation
import HTTPTypes
import TerseJSON
import TerseOperations
import TerseRegistry
import TestSupport
import Testing

@testable import TerseServer

/// What a gateway makes of requests, workers, profiles and answers for its routers.
@Suite struct RoutingPartsTests {
    private func features(
        _ body: String, path: String = GatewayRoutes.completions, _ headers: HTTPFields = [:],
        of client: Gatekeeper.Client = Gatekeeper.Client(name: "", tenant: 0, priority: 0)
    ) throws -> RequestFeatures {
        let object = try #require(try JSONValue.parse(body).objectValue)
        let order = RelayOrder(path: path, body: object, model: "auto", streams: false, byteCount: 0)
        return try RequestFeatures(order, headers, of: client)
    }

    @Test func promptsAreRead() throws {
        let text = try features(#"{"prompt": "It was the best of times"}"#)
        #expect(text.promptBytes == 24 && text.promptTokens == 6 && text.conversationDepth == 0)
        #expect(text.outputTokensMax == 16 && text.structure == .text && text.tenant == nil)
        let two = try features(#"{"prompt": ["aaaa", "bbbb"], "max_tokens": 5}"#)
        #expect(two.promptBytes == 9 && two.outputTokensMax == 5 && two.conversationDepth == 0)
        #expect(try features(#"{"prompt": [1, 2, 3]}"#).promptTokens == 3)
        #expect(try features(#"{"prompt": [[1, 2, 3], [4]]}"#).promptTokens == 4)
        // The worker says what is wrong with these.
        for body in [#"{"prompt": 7, "max_tokens": -3}"#, "{}", #"{"prompt": [true]}"#] {
            #expect(try features(body).promptTokens == 1)
        }
    }

    @Test func chatsAreRead() throws {
        let chat = try features(
            #"""
            {"messages": [{"role": "system", "content": "abcd"}, {"role": "user", "content": [
              {"type": "text", "text": "ef"}, {"type": "text", "text": "gh"}]}, {"role": "assistant"}],
             "max_tokens": 9, "max_completion_tokens": 7}
            """#, path: GatewayRoutes.chat)
        #expect(chat.promptBytes == 9 && chat.conversationDepth == 2 && chat.outputTokensMax == 7)
        #expect(try features(#"{"messages": []}"#, path: GatewayRoutes.chat).outputTokensMax == nil)
    }

    @Test(arguments: [
        (#"{"grammar": "root ::= x"}"#, AnswerStructure.grammar),
        (#"{"response_format": {"type": "json_object"}}"#, .json),
        (#"{"response_format": {"type": "json_schema"}}"#, .grammar),
        (#"{"response_format": {"type": "text"}}"#, .text),
        (#"{"tools": [{}]}"#, .grammar), (#"{"tools": [{}], "tool_choice": "none"}"#, .text),
        (#"{"tools": []}"#, .text),
    ]) func structureIsRead(body: String, structure: AnswerStructure) throws {
        #expect(try features(body).structure == structure)
    }

    /// Lower is more urgent in a body, greater in a router; no request is more urgent than its key.
    @Test func prioritiesAndTenantsAreTheKeys() throws {
        let client = Gatekeeper.Client(name: "ann", tenant: 3, priority: 5, priorityMax: 5)
        for (body, priority) in [("{}", 5), (#"{"priority": 20}"#, -15), (#"{"priority": -20}"#, 5)] {
            let features = try features(body, of: client)
            #expect(features.priority == priority && features.tenant == "ann")
        }
        #expect(try features(#"{"priority": -20}"#).priority == 20)
    }

    @Test func objectivesAreReadOrRefused() throws {
        let both = try features("{}", [.timeToFirstTokenObjective: "250", .timePerOutputTokenObjective: "12.5"])
        #expect(both.objectives == ServiceObjectives(timeToFirstToken: 0.25, timePerOutputToken: 0.0125))
        for (name, value) in [
            (HTTPField.Name.timeToFirstTokenObjective, "soon"), (.timeToFirstTokenObjective, "0"),
            (.timePerOutputTokenObjective, "-1"), (.timePerOutputTokenObjective, "nan"),
        ] {
            let error = #expect(throws: APIError.self) { try features("{}", [name: value]) }
            #expect(error?.status == .badRequest && error?.message.hasPrefix(name.canonicalName) == true)
        }
    }

    // MARK: Situations

    private static let load = WorkerLoad(
        running: 2, runningMax: 4, waiting: 0, waitingMax: 8, unreadTokens: 100, freeTokens: 1000)

    @Test func loadsComeBackFromJSON() throws {
        let health = WorkerHealth(steps: 3, isBusy: true, load: Self.load)
        #expect(WorkerHealth(health.json) == health)
        #expect(WorkerLoad(["running": 1]) == nil && WorkerLoad(nil) == nil)
    }

    /// What the gateway has sent since the worker was asked counts as well.
    @Test func situationsAreEstimated() {
        var load = SlotLoad()
        #expect(load.situation(isReady: true) == VariantSituation(freeKVTokens: .max, waitingMax: .max))
        for _ in 0..<2 { load.begin(promptTokens: 50) }
        #expect(load.situation(isReady: true).running == 2 && load.situation(isReady: true).waitingTokens == 100)
        load.take(Self.load)
        let said = load.situation(isReady: false)
        #expect((said.running, said.waiting, said.waitingTokens) == (2, 0, 100) && !said.isReady)
        #expect(said.freeKVTokens == 1000 && said.waitingMax == 8)
        for _ in 0..<3 { load.begin(promptTokens: 50) }
        let fuller = load.situation(isReady: true)
        #expect((fuller.running, fuller.waiting, fuller.waitingTokens) == (4, 1, 250))
        #expect(fuller.freeKVTokens == 850)
        for _ in 0..<4 { load.end(promptTokens: 50) }
        let emptier = load.situation(isReady: true)
        #expect((emptier.running, emptier.waiting, emptier.waitingTokens) == (1, 0, 50))
        load.forget()
        #expect(load.situation(isReady: true).waitingMax == .max && load.requests == 1)
    }

    /// Where some wait, others do too; who ends makes place for them.
    @Test func queuesAreEstimated() {
        var load = SlotLoad()
        for _ in 0..<7 { load.begin(promptTokens: 0) }
        load.take(
            WorkerLoad(running: 4, runningMax: 9, waiting: 3, waitingMax: 8, unreadTokens: 0, freeTokens: 0))
        load.begin(promptTokens: 0)
        #expect((load.situation(isReady: true).running, load.situation(isReady: true).waiting) == (4, 4))
        for _ in 0..<5 { load.end(promptTokens: 0) }
        #expect((load.situation(isReady: true).running, load.situation(isReady: true).waiting) == (3, 0))
    }

    @Test func slotsTellOfThemselves() {
        let slot = WorkerSlot(model: "m", socket: "")
        #expect(!slot.situation.isReady && !slot.isIdle)
        slot.becameReady(version: "1")
        slot.tell(Self.load)
        #expect(slot.isIdle && slot.situation.isReady && slot.situation.waitingMax == 8)
        let use = SlotUse(slot, promptTokens: 30)
        withExtendedLifetime(use) { #expect(!slot.isIdle && slot.situation.waitingTokens == 130) }
    }

    // MARK: Profiles

    private func figure(_ quantity: Profile.Quantity, _ value: Double, batch: Int = 1) -> Profile.Figure {
        Profile.Figure(
            quantity: quantity.rawValue, unit: quantity.unit, batch: batch, value: value, low: value, high: value,
            samples: 1, method: "x", basis: quantity.unit == "J/token" ? .estimated : .measured)
    }

    @Test func profilesAreMapped() throws {
        var profile = Profile(
            host: "h", hostDetails: "{}", program: "p", conditions: "{}",
            figures: [
                figure(.timePerOutputToken, 0.03, batch: 4), figure(.timePerOutputToken, 0.01),
                figure(.promptRate, 900, batch: 4), figure(.promptRate, 500), figure(.bitsPerByte, 1.5),
                figure(.promptEnergy, 0.2), figure(.generationEnergy, 0.7), figure(.weights, 12345),
            ])
        let mapped = try VariantProfile(name: "big", profile, contextTokens: 77)
        #expect(mapped.name == "big" && mapped.bitsPerByte == 1.5 && mapped.promptTokensPerSecond == 500)
        #expect(mapped.steps == [.init(streams: 1, seconds: 0.01), .init(streams: 4, seconds: 0.03)])
        #expect(mapped.joulesPerPromptToken == 0.2 && mapped.joulesPerOutputToken == 0.7)
        #expect(mapped.energyBasis == .estimated && mapped.memoryBytes == 12345 && mapped.contextTokens == 77)
        profile.figures.removeAll { $0.quantity == Profile.Quantity.bitsPerByte.rawValue }
        let error = #expect(throws: ServerError.self) {
            try VariantProfile(name: "big", profile, contextTokens: 77)
        }
        #expect(error?.message.contains("bits_per_byte") == true)
    }

    // MARK: Cascades

    @Test func probesAskForTheFirstTokens() throws {
        let body: JSONObject = [
            "model": "small", "prompt": "x", "stream": true, "stream_options": ["include_usage": true], "n": 3,
            "max_tokens": 50, "seed": 7,
        ]
        let order = RelayOrder(
            path: GatewayRoutes.completions, body: body, model: "small", streams: true, byteCount: 0)
        var context = GatewayContext()
        (context.seed, context.reportsProgress) = (9, true)
        let probe = CascadeProbe(order, context, tokens: 4)
        #expect(Set(probe.body.keys) == ["model", "prompt", "max_tokens", "seed", "logprobs", "terse"])
        #expect(probe.body["max_tokens"] == 4 && probe.body["logprobs"] == 0)
        #expect(probe.body["terse"]?["progress"] == false && probe.body["terse"]?["seed"] == 9)
        let chat = RelayOrder(
            path: GatewayRoutes.chat, body: ["max_completion_tokens": 2], model: "m", streams: false, byteCount: 0)
        #expect(CascadeProbe(chat, context, tokens: 4).body["max_tokens"] == 2)
        #expect(CascadeProbe(chat, context, tokens: 4).body["logprobs"] == true)
    }

    @Test func probesAreJudgedByTheMean() throws {
        let text = try JSONValue.parse(#"{"choices": [{"logprobs": {"token_logprobs": [-1, -2.5]}}]}"#)
        #expect(CascadeProbe.mean(of: text) == -1.75)
        let chat = try JSONValue.parse(
            #"{"choices": [{"logprobs": {"content": [{"logprob": -1}, {"logprob": -2}]}}]}"#)
        #expect(CascadeProbe.mean(of: chat) == -1.5)
        #expect(CascadeProbe.mean(of: ["choices": []]) == nil)
        #expect(CascadeProbe.mean(of: ["choices": [["logprobs": nil]]]) == nil)
    }
}
