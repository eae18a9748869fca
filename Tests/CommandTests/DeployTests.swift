import Foundation
import FoundationNetworking
import TerseJSON
import TestSupport
import Testing

/// `terse deploy`: gates, what is recorded, and going on after an end in the middle.
@Suite struct DeployTests {
    let registry: TwoVersions

    init() throws { registry = try TwoVersions() }

    private var home: TemporaryFolder { registry.home }

    private func terse(_ arguments: [String]) throws -> Program.Result { try registry.terse(arguments) }

    private func spec(_ text: String, candidate: String = "stories@candidate") throws -> String {
        try home.write("candidate: \(candidate)\n\(text)".utf8, "spec.yaml")
    }

    private func json(_ arguments: String...) throws -> JSONValue {
        try JSONValue.parse(Array(try terse(arguments + ["--json"]).output.utf8))
    }

    private static let load = "load: {streams: 2, requests: 6, prompt_tokens: 8, output_tokens: 3}\n"

    private func events(_ deployment: JSONValue) -> [String] {
        deployment["events"]?.arrayValue?.compactMap { $0["event"]?.stringValue } ?? []
    }

    @Test func aCandidateThatMeetsAllIsRolledOut() throws {
        _ = try home.write(Array(String(repeating: "Once upon a time there was a cat. ", count: 120).utf8), "text.txt")
        let requirements = """
            why: smaller
            quality: {text: text.txt, windows: 2}
            requirements:
              memory: 1GiB
              bits_per_byte: 9
              kl_divergence: 1
              loaded_tokens_per_second: 0.001
              time_per_output_token_ms: {p95: 100000}
              cores: 1
              instruction_sets: [scalar]
            rollout: {weights: [10, 50]}

            """
        let result = try terse(["deploy", try spec(requirements + Self.load), "--by", "ann"])
        #expect(result.status == 0 && result.output.contains("rolled out"), "\(result.summary)")
        let deployment = try json("deploy", "show", "stories")
        #expect(events(deployment) == ["begun", "accepted", "rolled out"])
        #expect(deployment["by"] == "ann" && deployment["why"] == "smaller" && deployment["running"] == false)
        let accepted = deployment["events"]?[1]?["details"]
        let verdicts = accepted?["verdicts"]?.arrayValue ?? []
        #expect(verdicts.count == 8 && verdicts.allSatisfy { $0["met"] == true }, "\(verdicts)")
        #expect(verdicts.filter { $0["requirement"] == "memory" }.map { $0["basis"] } == ["predicted", "measured"])
        let load = accepted?["load"]
        #expect(load?["requests"] == 6 && (load?["tokens_per_second"]?.doubleValue ?? 0) > 0)
        let rollout = try json("rollout", "status", "stories")
        #expect(rollout[0]?["id"] == deployment["events"]?[2]?["rollout"] && rollout[0]?["weight"]?.doubleValue == 0.1)
        // The quality is that of the variant beside what was live.
        let profiles = try json("models", "profiles", "stories")
        #expect(profiles[0]?["parent"] == "stories:1/f16", "\(profiles)")
        #expect(try terse(["deploy", "list"]).output.contains("accepted"))
        #expect(try terse(["models", "verify"]).status == 0)
    }

    /// What people watch and scale it by is YAML and JSON that says what was asked for.
    @Test func filesForOthersAreWritten() throws {
        let text = """
            served_as: 'a"b\\c'
            requirements: {time_to_first_token_ms: {p95: 90000}}
            scaling: {replicas_min: 2, replicas_max: 5}

            """
        #expect(try terse(["deploy", try spec(text + Self.load)]).status == 0)
        let files = try json("deploy", "show", "stories")["events"]?[1]?["details"]?["files"]?.arrayValue ?? []
        let texts = try files.compactMap(\.stringValue).map { try String(contentsOfFile: $0, encoding: .utf8) }
        try #require(texts.count == 3)
        #expect(texts[0].contains("time_to_first_token_ms_p95") && texts[0].contains("> 90.0\""))
        let expression = "        expr: "
        let expressions = try texts[0].split(separator: "\n").filter { $0.hasPrefix(expression) }.map { line in
            try JSONValue.parse(Array(line.dropFirst(expression.count).utf8)).stringValue
        }
        let ready = #"terse_worker_ready{model_name="a\"b\\c"}"#
        #expect(expressions.contains("\(ready) == 0 or absent(\(ready))"), "\(texts[0])")
        let panels = try JSONValue.parse(Array(texts[1].utf8))["panels"]?.arrayValue
        #expect(panels?.count == 6)
        #expect(texts[2].contains("minReplicaCount: 2\n  maxReplicaCount: 5"))
    }

    @Test func whatIsNotMetStopsIt() throws {
        let cases = [
            (
                "requirements:\n  memory: 1KiB\n  cores: 9999\n",
                ["spec.yaml:3: memory: expected at most 1.00 KiB", "spec.yaml:4: cores"]
            ),
            (
                "requirements: {loaded_tokens_per_second: 1e15}\n" + Self.load,
                ["loaded_tokens_per_second: expected at least"]
            ),
            ("requirements: {operations_per_token: 10}\n", ["operations_per_token: expected at most 10, found"]),
        ]
        for (text, words) in cases {
            let result = try terse(["deploy", try spec(text)])
            #expect(result.status == 1 && words.allSatisfy(result.errors.contains), "\(text): \(result.summary)")
            #expect(events(try json("deploy", "show", "stories")) == ["begun", "refused"])
        }
        #expect(try json("rollout", "status").arrayValue?.isEmpty == true)
        #expect(try json("models", "live", "stories")[0]?["version"] == 1)
    }

    /// Nothing is recorded then.
    @Test func whatIsWrongIsNamed() throws {
        let cases = [
            ("requirments: {}\n", "stories:2", "spec.yaml:2: requirments: unknown key; did you mean requirements?"),
            ("engine: {memory: 1KiB}\n", "stories:2", "bytes of memory are needed"),
            ("quality: {text: none.txt}\n", "stories:2", "none.txt"), ("", "stories:7", "7"),
            ("", "poems:1", "poems"), ("", "stories:1", "stories:1"),
        ]
        for (text, candidate, word) in cases {
            let result = try terse(["deploy", try spec(text, candidate: candidate)])
            #expect(result.status == 1 && result.errors.contains(word), "\(text): \(result.summary)")
        }
        for (name, words) in [("nope:2", "nope"), ("stories:77", "stories has no version 77"), ("a b", "a b")] {
            let result = try terse(["deploy", "run", try spec("", candidate: name), "--dry-run"])
            let isPlaced = result.errors.contains("spec.yaml:1: candidate: ")
            #expect(isPlaced && result.errors.contains(words), "\(result.summary)")
        }
        #expect(try terse(["deploy", "none.yaml"]).errors.contains("none.yaml"))
        #expect(try json("deploy", "list").arrayValue?.isEmpty == true)
        #expect(try terse(["deploy", "resume", "stories"]).errors.contains("no deployment under way"))
    }

    /// What a spec alone does not show to be wrong, in a rehearsal as well. Nothing is recorded then.
    @Test func whatOthersContradictIsNamedWithItsLine() throws {
        #expect(try terse(["models", "add", "novels", TestData.shippedSmallNovels]).status == 0)
        let cases = [
            ("engine: {threads: 99999}\n", "engine.threads: expected a whole number from 1 to 1024, found \"99999\""),
            ("engine: {memory: 1KiB}\n", "engine.memory: "),
            (
                "load: {prompt_tokens: 100000}\n",
                "load: expected prompts and answers of at most 512 tokens together, which stories:2/q8_0 takes, "
                    + "found 100000 and 32"
            ),
            ("quality: {text: none.txt}\n", "quality.text: \(home.path("none.txt")): no such file"),
            (
                "quality: {text: spec.yaml, choice: trivia=spec.yaml}\n",
                "quality.choice: expected a task of hellaswag, piqa, arc, found trivia"
            ),
            ("quality: {text: spec.yaml, choice: arc=none.json}\n", "quality.choice: \(home.path("none.json"))"),
            ("quality: {text: spec.yaml, parent: 'stories:7'}\n", "quality.parent: stories has no version 7"),
            (
                "quality: {text: spec.yaml, parent: 'stories:2'}\n",
                "quality.parent: expected another variant than the candidate, found stories:2/q8_0"
            ),
            (
                "quality: {text: spec.yaml, parent: 'novels:1'}\n",
                "quality.parent: expected a variant with the candidate's vocabulary of 512 tokens, found novels:1/"
            ),
        ]
        for (text, words) in cases {
            let path = try spec(text, candidate: "stories:2")
            for arguments in [["deploy", "run", path, "--dry-run"], ["deploy", "run", path]] {
                let result = try terse(arguments)
                #expect(
                    result.status == 1 && result.errors.contains("spec.yaml:2: \(words)"), "\(text): \(result.summary)")
            }
        }
        #expect(try json("deploy", "list").arrayValue?.isEmpty == true)
    }

    /// What a spec allows the options do that it becomes, and no more.
    @Test(arguments: [("threads", 1024), ("running", 128)])
    func limitsAreThoseOfTheOptions(key: String, most: Int) throws {
        let option = try terse(["load", "stories:2", "--\(key)", "\(most + 1)"])
        #expect(option.status == 64 && option.errors.contains("from 1 to \(most), found"), "\(option.summary)")
        let beyond = try terse(["deploy", "run", try spec("engine: {\(key): \(most + 1)}\n"), "--dry-run"])
        #expect(beyond.status == 1 && beyond.errors.contains("from 1 to \(most), found"), "\(beyond.summary)")
        let allowed = try terse(["deploy", "run", try spec("engine: {\(key): \(most)}\n"), "--dry-run"])
        #expect(allowed.status == 0, "\(allowed.summary)")
    }

    /// The registry keeps what a process that failed has said, and the user sees it as it comes.
    @Test func whyItFailedIsRecorded() throws {
        try home.write("Once upon a time.".utf8, "text.txt")
        let result = try terse(["deploy", try spec("quality: {text: text.txt}\nrequirements: {perplexity: 9}\n")])
        #expect(result.status == 1, "\(result.summary)")
        let deployment = try json("deploy", "show", "stories")
        #expect(events(deployment) == ["begun", "failed"])
        let error = deployment["events"]?[1]?["details"]?["error"]?.stringValue ?? ""
        let reason = try #require(error.components(separatedBy: " failed: ").last)
        #expect(error.hasPrefix("terse profile stories:2/q8_0") && reason.contains("window"), "\(error)")
        #expect(result.errors.contains("error: \(reason)\n"), "\(result.summary)")
    }

    /// Processes draw their progress on the terminal that the deployment has.
    @Test func progressIsDrawnOnATerminal() throws {
        let command = ["TERSE_HOME=\(home.url.path)", Program.url.path, "deploy", try spec(Self.load)]
        let terminal = try Terminal(running: "/usr/bin/env", command)
        #expect(terminal.status() == 0, "\(terminal.shown)")
        #expect(terminal.wait(for: "\r\u{1B}[Kload  100 %"), "\(terminal.shown)")
    }

    @Test func damagedFilesAreFoundBeforehand() throws {
        let blobs = home.url.appending(path: "blobs/sha256")
        let path = try terse(["models", "path", "stories:2"]).output.trimmingCharacters(in: .newlines)
        let blob = URL(filePath: path).resolvingSymlinksInPath()
        #expect(blob.path.hasPrefix(blobs.resolvingSymlinksInPath().path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: blob.path)
        var bytes = try Data(contentsOf: blob)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: blob)
        let result = try terse(["deploy", try spec("")])
        #expect(result.status == 1 && result.errors.contains("expected"), "\(result.summary)")
        try FileManager.default.removeItem(at: blob)
        #expect(try terse(["deploy", try spec("")]).status == 1)
        #expect(try json("deploy", "list").arrayValue?.isEmpty == true)
    }

    /// What was measured before an interruption is not measured again.
    @Test func itGoesOnAfterAnInterruption() throws {
        let path = try spec("load: {streams: 1, requests: 100000, prompt_tokens: 100, output_tokens: 100}\n")
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["deploy", path]
        process.environment = Program.merged(registry.environment)
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        Program.wait(for: process) { (try? json("deploy", "list"))?.arrayValue?.count == 1 }
        #expect(try terse(["deploy", "resume", "stories"]).errors.contains("another process"))
        kill(process.processIdentifier, SIGINT)
        #expect(Program.wait(for: process) == 128 + SIGINT)
        #expect(try terse(["deploy", path]).errors.contains("deployment 1"))
        #expect(try terse(["deploy", "withdraw", "stories", "--why", "too long"]).status == 0)
        #expect(events(try json("deploy", "show", "stories")) == ["begun", "withdrawn"])

        // A rollout is in the way of the end.
        #expect(try terse(["models", "add", "stories", Stories.shipped, "--types", "q4_0"]).status == 0)
        #expect(try terse(["rollout", "start", "stories:3"]).status == 0)
        let waiting = try terse(["deploy", try spec(Self.load)])
        #expect(waiting.status == 1 && waiting.errors.contains("rollout 1"), "\(waiting.summary)")
        #expect(events(try json("deploy", "show", "stories")) == ["begun", "accepted"])
        #expect(try terse(["rollout", "abort", "stories"]).status == 0)
        #expect(try terse(["deploy", "resume", "stories"]).status == 0)
        #expect(events(try json("deploy", "show", "stories")) == ["begun", "accepted", "rolled out"])
    }

    /// What is live is served with the engine that its deployment states, unless the server is told otherwise.
    @Test(arguments: [([String](), "48"), (["--context", "32"], "32")])
    func theEngineIsServed(given: [String], context: String) async throws {
        #expect(try terse(["models", "alias", "clear", "stories", "production"]).status == 0)
        let text = "engine: {context: 48, waiting: 5}\n"
        #expect(try terse(["deploy", try spec(text + Self.load)]).status == 0)
        #expect(events(try json("deploy", "show", "stories")).last == "live")
        let server = try ServerProcess(
            given, models: ["stories@production"], environment: registry.environment)
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/v1/models"))
        let models = try JSONValue.parse(try await URLSession.shared.data(from: url).0)
        #expect("\(models["data"]?[0]?["max_model_len"]?.intValue ?? 0)" == context, "\(models)")
        #expect(server.end() == 0)
    }

    /// Only what need not run the model, and nothing recorded.
    @Test func aRehearsalRecordsNothing() throws {
        let path = try spec(
            "requirements: {memory: 1GiB, instruction_sets: neon, perplexity: 3}\nquality: {text: spec.yaml}\n")
        let result = try terse(["deploy", "run", path, "--dry-run", "--json"])
        let verdicts = try JSONValue.parse(Array(result.output.utf8))["verdicts"]?.arrayValue ?? []
        #expect(result.status == 1 && verdicts.map { $0["met"] } == [true, false], "\(result.summary)")
        #expect(try json("deploy", "list").arrayValue?.isEmpty == true)
    }
}
