import Foundation
import TestSupport
import Testing

/// Rollouts carried out by a running server under load. Every request must be answered, whatever becomes of a candidate.
@Suite(.serialized) struct RolloutServerTests {
    let stage: RolloutStage

    init() throws { stage = try RolloutStage() }

    /// The path that `terse models path` gives of a version, as workers have it.
    private func storedPath(_ reference: String) throws -> String {
        let result = try Program.run(["models", "path", reference], environment: stage.environment)
        let path = result.output.trimmingCharacters(in: .newlines)
        return URL(filePath: path).resolvingSymlinksInPath().path
    }

    private func workers(of server: ServerProcess, at path: String) -> [pid_t] {
        stage.workers(of: server).filter { URL(filePath: $0.path).resolvingSymlinksInPath().path == path }.map(\.id)
    }

    @Test func aGoodCandidateIsPromoted() async throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        try stage.start()
        try await stage.load(server.port) { try stage.phase() == "promoted" }
        #expect(try stage.production() == 2)
        let events = try stage.status()["events"]?.arrayValue?.map { $0["event"]?.stringValue }
        #expect(events == ["begun", "split", "promoted"])
        let candidate = try storedPath("stories:2")
        // The one before is gone, and the control group's worker.
        let isAlone = await eventually {
            workers(of: server, at: candidate).count == 1 && stage.workers(of: server).count == 1
        }
        #expect(isAlone, "\(stage.workers(of: server))")
        try await stage.ask(server.port)
        let page = try await stage.metrics(server)
        #expect(page.contains("terse_rollouts_total{model_name=\"stories\",end=\"promoted\"} 1"), "\(page)")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    @Test func garbageIsRolledBack() async throws {
        try stage.addGarbage()
        let server = try stage.server()
        try stage.start()
        try await stage.load(server.port) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().hasPrefix("quality: worse by"), "\(server.log.suffix(2000))")
        #expect(try stage.production() == 1)
        try await stage.ask(server.port)
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    /// The candidate's worker is killed in the middle of its requests: others finish them, and it is rolled back.
    @Test func aCandidateThatDiesLosesNothing() async throws {
        try stage.addGoodCandidate()
        let server = try stage.server()
        try stage.start(RolloutStage.plan.replacing("pairs_per_step: 20", with: "pairs_per_step: 5000"))
        let candidate = try storedPath("stories:2")
        try await stage.load(server.port) { try stage.status()["pairs"]?.intValue ?? 0 > 10 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 { group.addTask { [port = server.port] in try await stage.ask(port, tokens: 300) } }
            try await Task.sleep(for: .milliseconds(300))
            for id in workers(of: server, at: candidate) { kill(id, SIGKILL) }
            try await group.waitForAll()
        }
        try await stage.load(server.port) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().contains("died"), "\(server.log.suffix(2000))")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }

    @Test func aCandidateThatDoesNotLoadIsRolledBack() async throws {
        let bytes = try Data(contentsOf: URL(filePath: Stories.shipped))
        try stage.models("add", "stories", Stories.shipped, "--types", "q8_0")
        // A budget that the live variant needs, too, so that only starting them tells.
        let server = try stage.server()
        let stored = try storedPath("stories:2")
        let damaged = URL(filePath: stored)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: stored)
        try bytes.prefix(1000).write(to: damaged)
        try stage.start()
        try await stage.load(server.port) { try stage.phase() == "rolled back" }
        #expect(try stage.reason().contains("cannot be served"), "\(server.log.suffix(2000))")
        #expect(server.end() == 0, "\(server.log.suffix(2000))")
    }
}
