import Foundation
import TerseJSON
import TestSupport
import Testing

/// Routes between models of a running server.
@Suite(.enabled(if: Python.isPresent, Comment(rawValue: Python.interpreterAbsence)))
struct RoutingServerTests {
    private let stage: RoutingStage

    init() throws { stage = try RoutingStage.complete() }

    @Test func answersSayWhoGaveThem() async throws {
        let server = try stage.server()
        let whole = try await stage.complete(server)
        #expect(whole.status == 200 && whole.json["model"] == "big", "\(whole.text)")
        #expect(whole.route.hasPrefix("big; best; big loss=0.000+-0.000 ttft="), "\(whole.route)")
        #expect(whole.route.contains("; small loss=1.000"), "\(whole.route)")
        let stream = try await stage.complete(server, #", "stream": true"#)
        #expect(stream.route.hasPrefix("big; best") && stream.text.hasSuffix("data: [DONE]\n\n"), "\(stream.text)")
        let chat = #"{"model": "auto", "messages": [{"role": "user", "content": "x"}], "max_tokens": 3}"#
        #expect(try await stage.ask(server, "/v1/chat/completions", chat).route.hasPrefix("big; best"))
        let response = #"{"model": "auto", "input": "x", "max_output_tokens": 3}"#
        let made = try await stage.ask(server, "/v1/responses", response)
        #expect(made.route.hasPrefix("big; best") && made.json["model"] == "big", "\(made.text)")
        for name in ["big", "small"] {
            let direct = try await stage.complete(server, model: name)
            #expect(direct.status == 200 && direct.route.isEmpty && direct.json["model"]?.stringValue == name)
        }
        let report = try await stage.report(server)
        #expect(report["decisions"] == 4 && report["by_reason"]?["best"]?["share"]?.doubleValue == 1)
        #expect(report["variants"]?[0]?["registered"] == "novels:1/tq2_0" && report["variants"]?[0]?["answers"] == 4)
        #expect(report["recent"]?.arrayValue?.count == 4 && report["recent"]?[0]?["decision"]?["variant"] == "big")
        #expect(report["policy"]?["weights"]?["quality"]?.doubleValue == 1)
        let page = try await stage.ask(server, "/metrics").text
        for line in [
            #"terse_route_decisions_total{route="auto",variant="big",reason="best"} 4"#,
            #"terse_route_answers_total{route="auto",variant="big"} 4"#,
            #"terse_route_decision_seconds_count{route="auto"} 4"#,
        ] {
            #expect(page.contains(line), "\(line): \(page)")
        }
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// Idle, the host takes more than its budget: the model with the least energy answers, and everything says so.
    @Test func powerIsKept() async throws {
        let server = try stage.server(["--power-budget", "9.5", "--power-model", "10,1"])
        let isShort = await eventually {
            (try? await stage.complete(server).route.hasPrefix("small; power; small loss=1.000")) ?? false
        }
        #expect(isShort, "\(server.log.suffix(2000))")
        let power = try await stage.ask(server, "/api/routing").json["power"]
        #expect(power?["budget_watts"]?.doubleValue == 9.5 && power?["basis"] == "estimated", "\(power ?? .null)")
        let watts = try #require(power?["watts"]?.doubleValue)
        #expect(watts >= 9.99 && power?["free_watts"]?.doubleValue == 9.5 - watts)
        let page = try await stage.ask(server, "/metrics").text
        #expect(page.contains("terse_host_power_budget_watts 9.5\n"), "\(page)")
        #expect(page.contains(#"terse_host_power_watts{basis="estimated"} 1"#), "\(page)")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    @Test func routesAreListedAndWhatIsWrongIsNamed() async throws {
        let server = try stage.server()
        let models = try await stage.ask(server, "/v1/models").json["data"]?.arrayValue ?? []
        #expect(models.map { $0["id"]?.stringValue } == ["big", "small", "auto"])
        let one = try await stage.ask(server, "/v1/models/auto").json
        #expect(one["routes_to"] == ["big", "small"] && one["max_model_len"] == 1024)
        let health = try await stage.ask(server, "/health").json["models"]
        #expect(health?[2]?["id"] == "auto" && health?[2]?["ready"] == true)
        for (header, value) in [("x-slo-ttft-ms", "soon"), ("x-slo-tpot-ms", "-1")] {
            let refused = try await stage.complete(server, headers: [header: value])
            #expect(refused.status == 400 && refused.error.hasPrefix("\(header): expected"), "\(refused.text)")
        }
        let strange = try await stage.complete(server, model: "nobody")
        #expect(strange.status == 404 && strange.error.contains("there are: big, small, auto"), "\(strange.text)")
        let embedding = try await stage.ask(server, "/v1/embeddings", #"{"model": "auto", "input": "x"}"#)
        #expect(embedding.status == 404 && embedding.error.contains("big, small"), "\(embedding.text)")
        let wrong = try await stage.complete(server, #", "temperature": 7"#)
        #expect(wrong.status == 400 && wrong.route.hasPrefix("big; best") && wrong.error.hasPrefix("temperature"))
        #expect(try await stage.ask(server, "/api/routing?count=-1").status == 400)
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// A worker that stands still with a full queue: everybody is answered by the other one, and judged when it is well again.
    @Test func overloadMovesOnBeforeItRefuses() async throws {
        // Only models of the same tokens judge each other.
        let fast = TestData.repository.appending(path: "Models/novels/novels-3m.gguf").path
        let stage = try RoutingStage.complete(fast: fast)
        let server = try stage.server(["--running", "1", "--waiting", "2", "--judge-share", "1"])
        let isKnown = try await stage.waits(server) { $0["variants"]?[0]?["situation"]?["waiting_max"] == 2 }
        #expect(isKnown)
        let big = try #require(server.workers.first { $0.name == "big" }).id
        kill(big, SIGSTOP)
        defer { kill(big, SIGCONT) }
        try await withThrowingTaskGroup(of: Int.self) { group in
            let port = server.port
            for _ in 0..<3 {
                group.addTask {
                    try await RoutingStage.ask(port, "/v1/completions", RoutingStage.order(model: "big")).status
                }
            }
            let isFull = try await stage.waits(server) { $0["variants"]?[0]?["situation"]?["waiting"] == 2 }
            #expect(isFull)
            for _ in 0..<5 {
                let moved = try await stage.complete(server)
                #expect(moved.status == 200 && moved.json["model"] == "small", "\(moved.text)")
                #expect(moved.route.hasPrefix("small; overload; "), "\(moved.route)")
                #expect(moved.route.contains("not=queue_full"), "\(moved.route)")
            }
            kill(big, SIGCONT)
            for try await status in group { #expect([200, 429].contains(status)) }
        }
        let isJudged = try await stage.waits(server) { $0["judgements"]?.intValue ?? 0 >= 5 }
        #expect(isJudged, "\(server.log.suffix(2000))")
        #expect(try await stage.complete(server).route.hasPrefix("big; best"))
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    private static let keys = """
        {"keys": [
          {"name": "ann", "sha256": "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"},
          {"name": "eve", "sha256": "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa",
           "administrator": true}]}
        """

    /// Who asked says what an answer is worth. A tenant's policy may be a cascade, whose answers are whole, too.
    @Test func answersAreRatedByWhoAsked() async throws {
        let policies =
            RoutingStage.quality
            + "  - {name: anns, weights: {quality: 1}, cascade: {rule: share, share: 0.5, probe_tokens: 2}, tenants: [ann]}\n"
        let keys = try stage.home.write(Self.keys.utf8, "keys.json")
        let server = try stage.server(["--keys", keys], policies: policies)
        let (ann, eve) = ("secret", "other")
        #expect(try await stage.complete(server, key: eve).route.hasPrefix("big; best"))
        let answer = try await stage.complete(server, #", "stream": true"#, key: ann)
        #expect(answer.route.hasPrefix("small; cascade; may escalate to big"), "\(answer.route)")
        #expect(answer.text.hasSuffix("data: [DONE]\n\n") && answer.text.contains(#""finish_reason":"length""#))
        let id = try #require(answer.text.firstMatch(of: #/"id":"([^"]+)"/#)).1
        let cases: [(body: String, key: String, status: Int, word: String)] = [
            (#"{"id": "\#(id)", "rating": 1}"#, eve, 404, "id: expected"),
            (#"{"id": "\#(id)", "rating": 1.5}"#, ann, 400, "rating: expected -1"),
            (#"{"id": "\#(id)"}"#, ann, 400, "rating is missing"), (#"{"rating": 1}"#, ann, 400, "id is missing"),
            (#"{"id": "cmpl-0", "rating": 1}"#, ann, 404, "cmpl-0"),
            (#"{"id": "\#(id)", "rating": 1, "why": "x"}"#, ann, 400, "why"),
            (#"{"id": "\#(id)", "rating": -1}"#, ann, 200, "small"),
            (#"{"id": "\#(id)", "rating": -1}"#, ann, 409, "rated"),
        ]
        for wrong in cases {
            let told = try await stage.ask(server, "/api/feedback", wrong.body, key: wrong.key)
            #expect(told.status == wrong.status && told.text.contains(wrong.word), "\(wrong.body): \(told.text)")
        }
        #expect(try await stage.ask(server, "/api/feedback", "{}").status == 401)
        #expect(try await stage.ask(server, "/api/routing", key: ann).status == 403)
        let report = try await stage.report(server, key: eve)
        #expect(report["ratings"] == 1 && report["tenant_policies"]?["ann"]?["cascade"]?["probe_tokens"] == 2)
        #expect(report["variants"]?[1]?["correction"]?["quality_observations"] == 1, "\(report)")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// What was learned outlives the server, unless the profiles that it was learned beside are gone.
    @Test func knowledgeSurvivesARestart() async throws {
        func factor(_ server: ServerProcess) async throws -> Double? {
            try await stage.report(server)["variants"]?[0]?["correction"]?["time_per_output_token_factor"]?.doubleValue
        }
        let first = try stage.server()
        for _ in 0..<3 { #expect(try await stage.complete(first, #", "ignore_eos": true"#).status == 200) }
        let learned = try await factor(first)
        #expect(learned != 1 && first.end() == 0, "\(first.log.suffix(2000))")
        let second = try stage.server()
        #expect(try await factor(second) == learned && second.log.contains("goes on with what it had learned"))
        #expect(second.end() == 0, "\(second.log.suffix(2000))")
        try stage.addProfiles(["novels=1.4,0.01"])
        let third = try stage.server()
        #expect(try await factor(third) == 1 && third.log.contains("does not fit"), "\(third.log)")
        #expect(third.end() == 0, "\(third.log.suffix(2000))")
    }

    /// A model of a route may have a rollout: the route chooses the model, the rollout the variant.
    @Test func rolloutsGoOn() async throws {
        try stage.terse("models", "add", "novels", TestData.shippedNovels, "--types", "q8_0")
        let server = try stage.server(["--no-cache"])
        let plan = try stage.home.write(RolloutStage.plan.utf8, "plan.yaml")
        try stage.terse("rollout", "start", "novels:2", "--plan", plan)
        let clients = RolloutStage(home: stage.home)
        func phase() throws -> String? {
            let status = try stage.terse("rollout", "status", "novels", "--json").output
            return try JSONValue.parse(status)[0]?["phase"]?.stringValue
        }
        try clients.load(server, model: "auto") { try phase() == "promoted" }
        let report = try await stage.report(server)
        #expect(report["variants"]?[0]?["share"]?.doubleValue == 1 && report["decisions"]?.intValue ?? 0 >= 40)
        // It has no profile, so that of the one before stays.
        let isKnown = try await stage.waits(server) { $0["variants"]?[0]?["registered"] == "novels:2/q8_0" }
        #expect(isKnown && server.log.contains("goes on with the profile of the variant before"))
        try stage.terse("models", "add", "novels", TestData.shippedNovels)
        try stage.addProfiles(["novels=3.5,0.01"])
        try stage.terse("models", "alias", "set", "novels:3", "production")
        // And one that is worse than the other model now.
        let isFollowed = try await stage.waits(server) { $0["variants"]?[0]?["registered"] == "novels:3/tq2_0" }
        #expect(isFollowed && server.log.contains("goes by the profile of what is live"))
        #expect(try await stage.complete(server).route.hasPrefix("small; best; small loss=0.000"))
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }
}
