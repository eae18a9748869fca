import Foundation
import TestSupport
import Testing

/// `terse serve` with models by the names that the registry has for them.
@Suite struct RegisteredModelTests {
    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private var environment: [String: String] { ["TERSE_HOME": home.url.path] }

    private func terse(_ arguments: String...) throws -> Program.Result {
        try Program.run(arguments, environment: environment)
    }

    private func models(_ arguments: String...) throws {
        let result = try Program.run(["models"] + arguments, environment: environment)
        try #require(result.status == 0, "\(arguments): \(result.summary)")
    }

    /// An alias other than production is looked up once: a worker that is started again has the same weights, wherever the alias went and
    /// whatever became of links.
    @Test func anAliasIsLookedUpOnce() async throws {
        try models("add", "stories", Stories.shipped, "--alias", "steady")
        try models("add", "stories", Stories.shipped, "--types", "q8_0")
        let server = try ServerProcess(
            ["--draft-model", "stories:1"], models: ["stories@steady"], environment: environment)
        let first = try #require(server.workers.first)
        let stored = "\(home.url.path)/blobs/sha256/"
        #expect(first.path.hasPrefix(stored) && first.name == "stories", "\(first.arguments)")
        let draft = first.arguments.firstIndex(of: "--draft-model").map { first.arguments[$0 + 1] }
        #expect(draft?.hasPrefix(stored) == true, "\(first.arguments)")
        #expect(server.log.contains("stories:1/f16"), "\(server.log)")
        try models("alias", "set", "stories:2", "steady")
        try FileManager.default.removeItem(at: home.url.appending(path: "views"))
        kill(first.id, SIGKILL)
        let isBack = await eventually { server.workers.first.map { $0.id != first.id } ?? false }
        #expect(isBack)
        #expect(server.workers.first?.arguments.prefix(3) == first.arguments.prefix(3))
        #expect(server.end() == 0)
    }

    /// What follows production holds what it serves, whatever production points to by now, until another is live.
    @Test func whatIsLiveIsHeldUntilAnotherIs() async throws {
        for _ in 0..<4 { try models("add", "stories", Stories.shipped) }
        try models("retain", "stories", "1")
        try models("alias", "set", "stories:1", "production")
        let server = try ServerProcess(models: ["stories"], environment: environment)
        #expect(try terse("models", "remove", "stories:1").status == 1)
        for version in 2...4 { try models("alias", "set", "stories:\(version)", "production") }
        let isLive = await eventually { server.log.contains("is live") && server.log.contains("stories:4") }
        #expect(isLive)
        // It was served a moment ago.
        let isFree = try await eventually { try terse("models", "remove", "stories:1").status == 0 }
        #expect(isFree)
        #expect(try terse("models", "remove", "stories:4").status == 1)
        #expect(server.end() == 0)
    }

    /// Else the next death of its worker would be the last.
    @Test func whatIsServedCannotBeRemoved() async throws {
        for _ in 0..<3 { try models("add", "stories", Stories.shipped) }
        let server = try ServerProcess(["--draft-model", "stories:3"], models: ["stories:2"], environment: environment)
        for version in ["stories:2", "stories:3", "stories"] {
            let refused = try terse("models", "remove", version)
            #expect(refused.status == 1 && refused.errors.contains("a server that runs has it"), "\(refused.summary)")
        }
        try models("remove", "stories:1")
        #expect(server.end() == 0)
        try models("remove", "stories")
    }
}
