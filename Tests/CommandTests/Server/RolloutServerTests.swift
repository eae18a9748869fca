import Foundation
import TerseJSON
import TestSupport
import Testing

/// Rollouts carried out by a running server under load. Every request must be answered, whatever becomes of a candidate.
@Suite(.serialized, .enabled(if: Python.isPresent, Comment(rawValue: Python.interpreterAbsence)))
struct RolloutServerTests {
    let stage: RolloutStage

    init() throws { stage = try RolloutStage() }

    /// The path that `terse models path` gives of a version, as workers have it.
    private func storedPath(_ reference: String) throws -> String {
        let result = try Program.run(["models", "path", reference], environment: stage.environment)
        let path = result.output.trimmingCharacters(in: .newlines)
        return URL(filePath: path).resolvingSymlinksInPath().path
    }

    private func workers(of server: ServerProcess, at path: String) -> [pid_t] {
        server.workers.filter { URL(filePath: $0.path).resolvingSymlinksInPath().path == path }.map(\.id)
    }

    @Test func aGoodCandidateIsPromoted() async throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        try stage.start()
        try stage.load(server) { try stage.phase() == "promoted" }
        #expect(try stage.production() == 2)
        let events = try stage.status()["events"]?.arrayValue?.map { $0["event"]?.stringValue }
        #expect(events == ["begun", "split", "promoted"])
        let candidate = try storedPath("stories:2")
        // The one before is gone, and the control group's worker.
        let isAlone = await eventually {
            workers(of: server, at: candidate).count == 1 && server.workers.count == 1
        }
        #expect(isAlone, "\(server.workers)")
        try stage.ask(server)
        let page = try await stage.metrics(server)
        #expect(page.contains("terse_rollouts_total{model_name=\"stories\",end=\"promoted\"} 1"), "\(page)")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    @Test func garbageIsRolledBack() async throws {
        try stage.addGarbage()
        let server = try stage.server()
        try stage.start()
        try stage.load(server) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().hasPrefix("quality: worse by"), "\(server.log.suffix(2000))")
        #expect(try stage.production() == 1)
        try stage.ask(server)
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// The candidate's worker is killed in the middle of its requests: others finish them, and it is rolled back.
    @Test func aCandidateThatDiesLosesNothing() async throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        try stage.start(RolloutStage.plan.replacing("pairs_per_step: 20", with: "pairs_per_step: 5000"))
        let candidate = try storedPath("stories:2")
        try stage.load(server) { try stage.status()["pairs"]?.intValue ?? 0 > 10 }
        var looks = 0
        try stage.load(server, clients: 12, tokens: 300) {
            looks += 1
            if looks == 4 { for id in workers(of: server, at: candidate) { kill(id, SIGKILL) } }
            return try looks > 4 && stage.phase() == "rolled back"
        }
        #expect(try stage.reason().contains("died"), "\(server.log.suffix(2000))")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// Logits that are no numbers: the variant that is live answers, and the candidate is rolled back.
    @Test func notANumberIsRolledBack() throws {
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: Stories.shipped)))
        // In halves as in floats that is not a number.
        for index in bytes.indices.suffix(64) { bytes[index] = 0xFF }
        try stage.models("add", "stories", try stage.home.write(bytes, "damaged.gguf"))
        let server = try stage.server()
        try stage.start()
        try stage.load(server) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().hasPrefix("error_rate: worse by 1"), "\(server.log.suffix(2000))")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// The candidate's file is damaged: its hash says so before anybody gets it.
    @Test func aDamagedCandidateIsRolledBack() throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        let stored = try storedPath("stories:2")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: stored)
        try Data(contentsOf: URL(filePath: stored)).dropLast(1000).write(to: URL(filePath: stored))
        try stage.start()
        try stage.load(server) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().contains("cannot be served"), "\(server.log.suffix(2000))")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// A model with a vocabulary of its own could not go on with answers that the other began.
    @Test func otherTokensAreNoCandidate() throws {
        try stage.models("add", "stories", TestData.repository.appending(path: "Models/novels/novels-3m.gguf").path)
        let server = try stage.server()
        try stage.start()
        try stage.load(server) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().contains("other tokens"), "\(server.log.suffix(2000))")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// Killed in the middle, the server goes on from the evidence that there was.
    @Test func aRestartGoesOn() throws {
        try stage.addGoodCandidate()
        let first = try stage.server()
        try stage.start(RolloutStage.plan.replacing("pairs_per_step: 20", with: "pairs_per_step: 70"))
        try stage.load(first) { try stage.status()["pairs"]?.intValue ?? 0 >= 30 }
        kill(first.process.processIdentifier, SIGKILL)
        _ = Program.wait(for: first.process)
        let pairs = try stage.status()["pairs"]?.intValue ?? 0
        #expect(pairs >= 30)
        let second = try stage.server()
        let answered = try stage.load(second) { try stage.phase() == "promoted" }
        let all = try stage.status()["pairs"]?.intValue ?? 0
        // Pairs of the first step count, the first half of them was compared before the restart.
        #expect(all >= 140 && all - pairs < answered, "\(all) pairs, \(pairs) before, \(answered) answered")
        #expect(try stage.production() == 2)
        #expect(second.end() == 0, "\(second.log.suffix(2000))")
    }

    /// Killed at any moment, again and again, while people decide as well: what had happened stays, and in the end it is
    /// promoted.
    @Test func serversThatAreKilledLoseNothing() throws {
        try stage.addGoodCandidate()
        try stage.start(RolloutStage.plan.replacing("pairs_per_step: 20", with: "pairs_per_step: 60"))
        var random = SplitMix64(seed: FuzzBudget.seed)
        var known: [JSONValue] = []
        for round in 0..<8 {
            let server = try stage.server()
            let before = try stage.status()["pairs"]?.intValue ?? 0
            let target = before + random.next(below: 12)
            let isPausedMeanwhile = random.next(below: 3) == 0
            try stage.attempt(server) {
                let now = try stage.status()
                guard now["pairs"]?.intValue ?? 0 >= target || now["running"] == false else { return false }
                // It may have ended by now, which is an error.
                if isPausedMeanwhile {
                    _ = try Program.run(["rollout", "pause", "stories"], environment: stage.environment)
                }
                usleep(UInt32(random.next(below: 300_000)))
                kill(server.process.processIdentifier, SIGKILL)
                return true
            }
            _ = Program.wait(for: server.process)
            let status = try stage.status()
            let events = status["events"]?.arrayValue ?? []
            #expect(Array(events.prefix(known.count)) == known, "round \(round)")
            #expect(status["pairs"]?.intValue ?? 0 >= before, "round \(round)")
            known = events
            try stage.models("verify")
            if status["paused"] == true { try stage.rollout("resume", "stories") }
        }
        let server = try stage.server()
        try stage.load(server) { try stage.phase() == "promoted" }
        #expect(try stage.production() == 2)
        #expect(known.count > 1 && server.end() == 0, "\(server.log.suffix(2000))")
        try stage.models("verify")
    }

    /// Moves of production without a rollout: no request is lost, and what does not load never is live.
    @Test func productionIsFollowed() async throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        func serves(_ reference: String) throws -> Bool {
            let path = try storedPath(reference)
            return workers(of: server, at: path).count == 1 && server.workers.count == 1
        }
        try stage.load(server) { try serves("stories:1") }
        try stage.models("alias", "set", "stories:2", "production")
        try stage.load(server) { try serves("stories:2") }
        try stage.models("rollback", "stories")
        try stage.load(server) { try serves("stories:1") }
        // It has other tokens, which is nothing to requests that begin with it.
        try stage.models("add", "stories", TestData.repository.appending(path: "Models/novels/novels-3m.gguf").path)
        try stage.models("alias", "set", "stories:3", "production")
        try stage.load(server) { try serves("stories:3") }
        let stored = try storedPath("stories:2")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: stored)
        try Data(contentsOf: URL(filePath: stored)).dropLast(1000).write(to: URL(filePath: stored))
        try stage.models("alias", "set", "stories:2", "production")
        try stage.load(server) { server.log.contains("stories:2/q8_0") && server.log.contains("problem") }
        #expect(try serves("stories:3"), "\(server.log.suffix(2000))")
        try stage.models("alias", "set", "stories:1", "production")
        try stage.load(server) { try serves("stories:1") }
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// What people decide by the command line is found by the server.
    @Test func peopleDecide() async throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        try stage.start(RolloutStage.plan.replacing("pairs_per_step: 20", with: "pairs_per_step: 40"))
        // Before there is any evidence: what is known of pairs here is seconds old, and a step may end meanwhile.
        try stage.rollout("pause", "stories", "--why", "a holiday")
        // Far beyond the step's pairs, and nothing happens.
        try stage.load(server) { try stage.status()["pairs"]?.intValue ?? 0 > 80 }
        #expect(try stage.phase() == "step 1 of 2" && stage.status()["paused"] == true)
        try stage.rollout("resume", "stories")
        try stage.load(server) { try stage.phase() == "step 2 of 2" }
        try stage.rollout("abort", "stories", "--why", "enough")
        let isAlone = await eventually { server.workers.count == 1 }
        #expect(isAlone)
        try stage.ask(server)
        // By hand, whatever the evidence says.
        try stage.start()
        try stage.rollout("promote", "stories", "--why", "urgent")
        let candidate = try storedPath("stories:2")
        let isServed = await eventually {
            server.workers.count == 1 && workers(of: server, at: candidate).count == 1
        }
        #expect(isServed, "\(server.log.suffix(2000))")
        try stage.ask(server)
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// Without clients, requests are made up, or repeated where they were kept.
    @Test(arguments: [0, 20]) func littleTrafficIsCompleted(recorded: Int) throws {
        try stage.addGoodCandidate()
        let server = try stage.server(["--record-prompts", "\(recorded)"])
        try stage.ask(server)
        try stage.start(
            RolloutStage.plan.replacing("patience: 30", with: "patience: 0.1\nshadow_pairs: 5"))
        Program.wait(for: server.process) { (try? stage.phase()) == "promoted" }
        #expect(try stage.phase() == "promoted", "\(server.log.suffix(2000))")
        let events = try stage.status()["events"]?.arrayValue?.compactMap { $0["event"]?.stringValue } ?? []
        #expect(events.contains("probed") && events.filter { $0 == "split" }.count == 2, "\(events)")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// In the shadow clients' requests are copied, and nobody gets the candidate.
    @Test func theShadowIsUnseen() throws {
        try stage.addGarbage()
        let server = try stage.server()
        try stage.start(RolloutStage.plan.replacing("patience: 30", with: "patience: 30\nshadow_pairs: 1000"))
        try stage.load(server) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().hasPrefix("quality: worse by"), "\(server.log.suffix(2000))")
        let events = try stage.status()["events"]?.arrayValue?.compactMap { $0["event"]?.stringValue }
        #expect(events == ["begun", "rolled back"])
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// What Argo Rollouts reads, what Flagger asks, and the series that it may query.
    @Test func controllersAreAnswered() async throws {
        try stage.addGarbage()
        let server = try stage.server()
        let analysis = "/api/analysis/stories"
        func post(_ path: String) async throws -> Int {
            try await server.ask(analysis + path, "POST", #"{"name": "x", "phase": "Progressing"}"#).status
        }
        #expect(try await server.ask(analysis).status == 404)
        try stage.start()
        try stage.load(server) { try stage.status()["pairs"]?.intValue ?? 0 > 2 }
        let before = try await server.ask(analysis)
        #expect(before.status == 200 && before.json["verdict"] == "inconclusive", "\(before)")
        #expect(try await post("/confirm-promotion") == 403)
        #expect(try await post("/rollout") == 200)
        #expect(try await post("/rollback") == 403)
        let series = "terse_rollout_verdict{model_name=\"stories\",criterion=\"quality\"} 0"
        #expect(try await stage.metrics(server).contains(series))
        try stage.load(server) { try stage.phase() == "rolled back" }
        let after = try await server.ask(analysis)
        #expect(after.json["verdict"] == "failed" && after.json["criteria"]?["quality"] == "breached", "\(after)")
        #expect(try await post("/rollback") == 200)
        #expect(try await post("/rollout") == 403)
        #expect(try await post("/what") == 404)
        // What it says of the one candidate says nothing of another.
        #expect(try await server.ask(analysis + "?candidate=stories:2").json["verdict"] == "failed")
        #expect(try await server.ask(analysis + "?candidate=stories:1").json["verdict"] == "inconclusive")
        #expect(try await post("/rollback?candidate=stories:1") == 403)
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }
}
