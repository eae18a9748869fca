import Foundation
import TerseJSON
import TestSupport
import Testing

/// The registry over HTTP: `/api/models` and what MLflow's clients use.
@Suite struct RegistryAPITests {
    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private var environment: [String: String] { ["TERSE_HOME": home.url.path] }

    private func register() throws {
        for arguments in [["--alias", "production"], ["--types", "q8_0"]] {
            let result = try Program.run(
                ["models", "add", "stories", Stories.shipped] + arguments, environment: environment)
            try #require(result.status == 0, "\(result.summary)")
        }
    }

    @Test func aliasesMove() async throws {
        try register()
        let server = try ServerProcess(environment: environment)
        let model = try await server.ask("/api/models/stories")
        #expect(model.json["versions"]?.arrayValue?.count == 2 && model.json["newest_version"] == 2)
        #expect(try await server.ask("/api/models").json["models"]?.arrayValue?.count == 1)
        #expect(try await server.ask("/api/models/stories/versions/2").json["version"] == 2)

        let production = "/api/models/stories/aliases/production"
        let set = try await server.ask(production, "PUT", #"{"version": 2, "why": "better"}"#)
        #expect(set.status == 200 && set.json["variant"] == "q8_0" && set.json["by"] == "api")
        #expect(set.json["why"] == "better")
        #expect(try await live(server) == 2)
        let back = try await server.ask(production + "/rollback", "POST")
        #expect(back.status == 200 && back.json["version"] == 1)
        let cleared = try await server.ask(production, "DELETE", #"{"why": "broken"}"#)
        #expect(cleared.status == 200 && cleared.json["version"]?.isNull == true)
        #expect(try await live(server) == nil)
        // The command line sees the same history.
        let result = try Program.run(["models", "history", "stories", "--json"], environment: environment)
        let profiles = try await server.ask("/api/models/stories/profiles").json["profiles"]
        #expect(profiles?.arrayValue?.isEmpty == true)
        let history = try await server.ask("/api/models/stories/history").json["history"]
        #expect(try JSONValue.parse(Data(result.output.utf8)) == history)
        let moves = history?.arrayValue?.filter { $0["alias"] == "production" }.map { $0["event"]?.stringValue }
        #expect(moves == ["alias set", "alias set", "alias rolled back", "alias cleared"])
    }

    /// As when a copy is put back: what would be recorded in the file that lost its name is refused.
    @Test func whatWasPutInItsPlaceIsNotTakenForIt() async throws {
        try register()
        let server = try ServerProcess(environment: environment)
        #expect(try await live(server) == 1)
        let path = "\(home.url.path)/registry.sqlite"
        try FileManager.default.copyItem(atPath: path, toPath: "\(path).copy")
        try #require(rename("\(path).copy", path) == 0)
        let set = try await server.ask("/api/models/stories/aliases/production", "PUT", #"{"version": 2}"#)
        #expect(set.status == 500 && "\(set.json)".contains("another file is there now"), "\(set)")
        #expect(server.end() == 0)
    }

    private func live(_ server: ServerProcess) async throws -> Int? {
        let answer = try await server.ask("/api/models/stories/live?at=2100-01-01T00:00:00%2B01:00")
        return answer.json["live"]?.arrayValue?.first?["version"]?.intValue
    }

    @Test func whatIsWrongIsNamed() async throws {
        try register()
        let server = try ServerProcess(environment: environment)
        let production = "/api/models/stories/aliases/production"
        let cases: [(method: String, path: String, body: String?, status: Int, word: String)] = [
            ("GET", "/api/models/nobody", nil, 404, "nobody"),
            ("GET", "/api/models/stories/versions/x", nil, 400, "x"),
            ("GET", "/api/models/stories/live?at=noon", nil, 400, "noon"),
            ("PUT", production, #"{"version": 3}"#, 404, "3"),
            ("PUT", production, #"{"version": "2"}"#, 400, "version"),
            ("PUT", production, #"{"version": 2, "variant": "none"}"#, 404, "none"),
            ("PUT", production, #"{"version": 2, "reason": "x"}"#, 400, "reason"),
            ("PUT", production, "{}", 400, "version"),
            ("PUT", "/api/models/stories/aliases/a%2Fb", #"{"version": 2}"#, 400, "a/b"),
            ("POST", production + "/rollback", nil, 409, "production"),
            ("GET", "/api/2.0/mlflow-artifacts/artifacts/stories/1/f16/..%2Fregistry.sqlite", nil, 404, "registry"),
        ]
        for wrong in cases {
            let answer = try await server.ask(wrong.path, wrong.method, wrong.body)
            let message = answer.json["error"]?["message"]?.stringValue ?? answer.json["message"]?.stringValue ?? ""
            #expect(answer.status == wrong.status && message.contains(wrong.word), "\(wrong): \(answer)")
        }
        #expect(try await live(server) == 1, "nothing was changed")
    }

    /// Where there are keys, the registry is for administrators; their names are recorded.
    @Test func keysOfAdministrators() async throws {
        try register()
        // SHA-256 of "secret" and of "other".
        let keys = try home.write(
            """
            {"keys": [
              {"name": "ann", "sha256": "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
               "administrator": true},
              {"name": "bob", "sha256": "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"}]}
            """.utf8, "keys.json")
        let server = try ServerProcess(["--keys", keys], environment: environment)
        let (path, body) = ("/api/models/stories/aliases/candidate", #"{"version": 2}"#)
        #expect(try await server.ask(path, "PUT", body).status == 401)
        for path in ["/api/models", "/api/2.0/mlflow/registered-models/search"] {
            #expect(try await server.ask(path, key: "other").status == 403)
        }
        for (method, path) in [
            ("PUT", path), ("DELETE", path), ("POST", path + "/rollback"),
            ("GET", "/api/2.0/mlflow-artifacts/artifacts?path=stories/1"), ("GET", "/api/rollouts"),
            ("POST", "/api/rollouts/1/abort"),
            ("GET", "/api/2.0/mlflow-artifacts/artifacts/stories/1/f16/stories260K.gguf"),
        ] {
            let answer = try await server.ask(path, method, method == "GET" ? nil : body, key: "other")
            #expect(answer.status == 403, "\(path)")
        }
        #expect(try await server.ask(path, "PUT", body, key: "secret").json["by"] == "ann")
    }

    /// The server of this test serves a file, and so carries nothing out.
    @Test func rolloutsAreShownAndDecided() async throws {
        try register()
        let server = try ServerProcess(environment: environment)
        let body = #"{"candidate": "stories:2", "plan": {"weights": [10, 50], "pairs_per_step": 20}, "why": "smaller"}"#
        let begun = try await server.ask("/api/rollouts", "POST", body)
        #expect(begun.status == 200 && begun.json["candidate"] == "stories:2/q8_0" && begun.json["why"] == "smaller")
        #expect(begun.json["plan"]?["pairs_per_step"] == 20)
        #expect(begun.json["plan"]?["weights"]?.arrayValue?.compactMap(\.doubleValue) == [10, 50])
        #expect(try await server.ask("/api/rollouts", "POST", body).status == 409)
        #expect(try await server.ask("/api/rollouts/1/pause", "POST", #"{"why": "a holiday"}"#).json["paused"] == true)
        #expect(try await server.ask("/api/rollouts/1").json["phase"] == "step 1 of 2")
        #expect(try await server.ask("/api/rollouts/1/promote", "POST").json["phase"] == "promoted")
        #expect(try await live(server) == 2)
        let all = try await server.ask("/api/rollouts?model=stories").json["rollouts"]?.arrayValue
        #expect(all?.count == 1 && all?.first?["criteria"]?.arrayValue?.count == 4)
        for (path, body, status, word) in [
            ("/api/rollouts", #"{"candidate": "stories:2"}"#, 409, "stories:2"),
            ("/api/rollouts", #"{"candidate": "stories:1", "plan": {"weihgts": [1]}}"#, 400, "weights"),
            ("/api/rollouts", #"{"candidate": "stories:1", "plan": {"weights": [70]}}"#, 400, "found 70"),
            ("/api/rollouts", #"{"kandidat": "stories:1"}"#, 400, "candidate"),
            ("/api/rollouts/1/abort", "", 409, "promoted"), ("/api/rollouts/9/abort", "", 404, "9"),
            ("/api/rollouts/x/abort", "", 400, "id"),
        ] {
            let answer = try await server.ask(path, "POST", body)
            let message = answer.json["error"]?["message"]?.stringValue ?? ""
            #expect(answer.status == status && message.contains(word), "\(path) \(body): \(answer)")
        }
    }

    @Test func thereMayBeNoRegistry() async throws {
        let server = try ServerProcess(environment: environment)
        let answer = try await server.ask("/api/models")
        #expect(answer.status == 404 && !FileManager.default.fileExists(atPath: home.path("registry.sqlite")))
        try register()
        #expect(try await server.ask("/api/models").status == 200, "it may come later")
    }

    @Test(.enabled(if: Python.hasMLflow, Comment(rawValue: Python.mlflowAbsence)))
    func mlflowsClientIsServed() throws {
        try register()
        let server = try ServerProcess(environment: environment)
        let result = try Python.run([ServerProcess.script("mlflow_client.py"), "\(server.port)", Stories.shipped])
        #expect(result.status == 0, "\(result.output)\n\(server.log.suffix(2000))")
    }

    @Test func deploymentsAreCarriedOut() async throws {
        try register()
        let server = try ServerProcess(environment: environment)
        let load = #""load": {"streams": 1, "requests": 2, "prompt_tokens": 4, "output_tokens": 2}"#
        let begun = try await server.ask(
            "/api/deployments", "POST", #"{"spec": {"candidate": "stories:2", \#(load)}, "why": "smaller"}"#)
        #expect(begun.status == 202 && begun.json["candidate"] == "stories:2/q8_0" && begun.json["why"] == "smaller")
        let path = "/api/deployments/\(begun.json["id"]?.intValue ?? 0)"
        var deployment = begun.json
        let hasEnded = try await eventually {
            deployment = try await server.ask(path).json
            return deployment["running"] == false
        }
        try #require(hasEnded)
        let events = deployment["events"]?.arrayValue?.compactMap { $0["event"]?.stringValue }
        #expect(events == ["begun", "accepted", "rolled out"], "\(deployment)")
        #expect(try await server.ask("/api/rollouts?running=true").json["rollouts"]?.arrayValue?.count == 1)
        let cases: [(path: String, body: String, status: Int, word: String)] = [
            ("/api/deployments", "{}", 400, "spec"),
            ("/api/deployments", #"{"spec": {"candidat": "a"}}"#, 400, "candidate"),
            ("/api/deployments", #"{"spec": "candidate: stories:2\nquality: {text: a.txt}\n"}"#, 400, "a.txt"),
            ("/api/deployments", #"{"spec": {"candidate": "poems:2"}}"#, 404, "poems"),
            ("/api/deployments", #"{"spec": {"candidate": "stories:1"}}"#, 409, "stories:1"),
            (path + "/withdraw", "{}", 409, "rolled out"), ("/api/deployments/x/withdraw", "{}", 400, "x"),
        ]
        for wrong in cases {
            let answer = try await server.ask(wrong.path, "POST", wrong.body)
            let message = answer.json["error"]?["message"]?.stringValue ?? ""
            #expect(answer.status == wrong.status && message.contains(wrong.word), "\(wrong): \(message)")
        }
    }

    /// In a browser, on a desk and a phone: what is there, and everything that can be done to it. `TERSE_TEST_SCREENSHOTS`
    /// names a folder to look at.
    @Test(.enabled(if: Python.hasBrowser, Comment(rawValue: Python.browserAbsence)))
    func thePageOfOperationsShowsAndActs() throws {
        try register()
        let words = String(repeating: "Once upon a time there was a cat. ", count: 90)
        let text = try home.write(words.utf8, "t.txt")
        let profile = [
            "profile", "stories:1", "--text", text, "--context", "64", "--batches", "1", "--prompt", "4",
            "--generate", "2", "-r", "6",
        ]
        let result = try Program.run(profile, environment: environment)
        try #require(result.status == 0, "\(result.summary)")
        let server = try ServerProcess(models: ["stories@production"], environment: environment)
        let folder = ProcessInfo.processInfo.environment["TERSE_TEST_SCREENSHOTS"]
        let used = try Python.run(
            [ServerProcess.script("operations.py"), "\(server.port)"] + (folder.map { [$0] } ?? []))
        #expect(used.status == 0, "\(used.output)\n\(server.log.suffix(2000))")
        #expect(server.end() == 0)
    }
}
