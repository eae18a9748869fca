import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse serve`, judged by OpenAI's own SDK and its description of the API.
@Suite(.enabled(if: Python.hasJudges, Comment(rawValue: Python.absence))) struct ServeTests {
    /// Runs a script of `Fixtures` against a server; what it finds wrong it says and fails.
    private func check(_ script: String, _ server: ServerProcess, _ more: [String] = []) throws {
        let result = try Python.run([ServerProcess.script(script), "\(server.port)"] + more)
        #expect(result.status == 0, "\(result.output)\n\(server.log.suffix(2000))")
    }

    @Test func theSDKIsServed() throws {
        let server = try ServerProcess()
        try check("openai_sdk.py", server)
        #expect(server.end() == 0)
    }

    @Test(.enabled(if: TestData.isPresent, Comment(rawValue: TestData.absence)))
    func answersAreThoseOfTheDescription() throws {
        let server = try ServerProcess()
        try check("openapi.py", server, [TestData.path("api/openai_openapi.json")])
        #expect(server.end() == 0)
    }

    /// A worker dies under load: every answer is what it would have been.
    @Test func workersMayDie() throws {
        let server = try ServerProcess()
        try check("worker_death.py", server, ["\(server.process.processIdentifier)"])
        #expect(server.end() == 0)
    }

    /// Clients that go away leave nothing behind.
    @Test func clientsMayGo() throws {
        let server = try ServerProcess()
        try check("clients_gone.py", server)
        #expect(server.end() == 0)
    }

    @Test func badInputIsRefused() throws {
        let server = try ServerProcess()
        try check("bad_input.py", server)
        #expect(server.end() == 0)
    }

    /// Text and chat in a browser, in light and dark, on a desk and a phone. `TERSE_TEST_SCREENSHOTS` names a folder to
    /// look at.
    @Test(.enabled(if: Python.hasBrowser, Comment(rawValue: Python.browserAbsence)))
    func theDashboardWritesAndChats() throws {
        let scratch = try TemporaryFolder()
        let template = "{% for message in messages %}{{ message.content }}\n{% endfor %}"
        let templatePath = try scratch.write(Data(template.utf8), "template.jinja")
        let (chatty, description) = (scratch.path("chatty.gguf"), "Tells stories, <b>whatever</b> it is asked.")
        let converted = try Program.run([
            "convert", Stories.shipped, chatty, "--chat-template", templatePath, "--description", description,
        ])
        try #require(converted.status == 0, "\(converted.summary)")
        let server = try ServerProcess(["--model", "chatty=\(chatty)"])
        let folder = ProcessInfo.processInfo.environment["TERSE_TEST_SCREENSHOTS"]
        try check("dashboard.py", server, [description] + (folder.map { [$0] } ?? []))
        #expect(server.end() == 0)
    }

    /// SIGTERM under load: what was begun is ended.
    @Test func drainsWhenAsked() throws {
        let server = try ServerProcess(["--drain", "600"])  // Beside other tests it may take long.
        try check("drain.py", server, ["\(server.process.processIdentifier)"])
        #expect(Program.wait(for: server.process) == 0)
    }

    /// Errors name the member as the client called it, also those that only the worker finds.
    @Test func errorsNameTheMember() async throws {
        let server = try ServerProcess(["--waiting", "4"])
        let tokens = Array(repeating: "1", count: 600).joined(separator: ", ")
        let text = String(repeating: "story ", count: 5000)
        let call = """
            "messages": [{"role": "user", "content": "a"}], "tool_choice": "required",
            "tools": [{"type": "function", "function": {"name": "f"}}], "grammar": "root ::= [0-9]"
            """
        let cases: [(String, String, String)] = [
            ("completions", #""prompt": "a", "logit_bias": {"99999": 1}"#, "logit_bias"),
            ("completions", #""prompt": [99999]"#, "prompt"), ("completions", #""prompt": [[]]"#, "prompt"),
            ("completions", #""prompt": [\#(tokens)]"#, "prompt"), ("completions", #""prompt": "\#(text)""#, "prompt"),
            ("completions", #""prompt": "a", "n": 5"#, "n"),
            ("completions", #""prompt": ["a", "b", "c", "d", "e"]"#, "prompt"),
            ("embeddings", #""input": [99999]"#, "input"), ("chat/completions", call, "grammar"),
            ("chat/completions", #""messages": [{"role": "user", "content": "\#(text)"}]"#, "messages"),
            ("responses", #""input": []"#, "input"), ("responses", #""input": "\#(text)""#, "input"),
        ]
        for (path, members, member) in cases {
            let answer = try await server.ask("/v1/\(path)", "POST", "{\"model\": \"stories\", \(members)}")
            let found = answer.json["error"]?["param"]?.stringValue
            #expect(answer.status == 400 && found == member, "\(path): \(members.prefix(200)): \(answer.json)")
        }
        #expect(server.end() == 0)
    }

    /// Requests have the time that they ask for, and an error when it is over.
    @Test func timeMayBeShort() throws {
        let server = try ServerProcess()
        try check("urgency.py", server)
        #expect(server.end() == 0)
    }

    /// A draft model changes no text.
    @Test func guessesChangeNothing() throws {
        let folder = try TemporaryFolder()
        let trained = try Program.run([
            "tokenizer", "train", TokenizerTrainTests.text, "--vocabulary", "400", "-o", folder.path("tok.json"),
        ])
        try #require(trained.status == 0, "\(trained.summary)")
        // A tenth of the size: what is larger reads texts only once that pays.
        for (name, layers) in [("large", 12), ("small", 1)] {
            let recipe = try folder.write(
                """
                name: \(name)
                tokenizer: tok.json
                model: {architecture: llama, layers: \(layers), hidden_size: 64, feed_forward_size: 512, heads: 2,
                        context_length: 256}
                data: {training: \(TokenizerTrainTests.text), held_out_fraction: 0}
                training: {tokens: 256, windows_per_step: 1}
                """.utf8, "\(name).yaml")
            let run = try Program.run(["train", recipe, "--output", folder.path(name)])
            try #require(run.status == 0, "\(run.summary)")
        }
        let model = "stories=\(folder.path("large"))/model.gguf"
        let plain = try ServerProcess(["--guesses", "0"], models: [model])
        let guessing = try ServerProcess(["--draft-model", folder.path("small") + "/model.gguf"], models: [model])
        try check("speculation.py", plain, ["\(guessing.port)"])
        #expect(plain.end() == 0 && guessing.end() == 0)
    }

    /// Without a name of its own a file is called as it is, where that can be part of a route. One that does not exist is
    /// an error before anything is started.
    @Test func aFileHasItsNameInTheAPI() throws {
        let server = try ServerProcess(models: [Stories.shipped])
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/v1/models"))
        let stem = URL(filePath: Stories.shipped).deletingPathExtension().lastPathComponent
        #expect(try String(contentsOf: url, encoding: .utf8).contains(#""id":"\#(stem)""#))
        #expect(server.end() == 0)
        let folder = try TemporaryFolder()
        for name in ["-x.gguf", "a,b.gguf"] {
            let result = try Program.run(["serve", "--model", try folder.write("".utf8, name)])
            #expect(result.status == 64 && result.errors.contains("NAME=PATH"), "\(result.summary)")
        }
        for model in ["absent.gguf", "x=absent.gguf"] {
            let result = try Program.run(["serve", "--model", model], environment: ["TERSE_HOME": folder.url.path])
            #expect(result.status == 1 && result.errors == "error: absent.gguf: no such file or directory\n")
        }
        // What the worker found comes last, where people look.
        let damaged = try folder.write("no model".utf8, "damaged.gguf")
        let result = try Program.run(["serve", "--port", "0", "--model", damaged])
        let last = result.errors.split(separator: "\n").last ?? ""
        #expect(result.status == 1 && last.contains("ended before it was ready: \(damaged): "), "\(result.summary)")
    }

    @Test func keysAreAsked() throws {
        let folder = try TemporaryFolder()
        // SHA-256 of "secret" and of "other".
        let keys = try folder.write(
            """
            {"keys": [
              {"name": "a", "sha256": "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
               "requests_per_minute": 2},
              {"name": "b", "sha256": "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"}]}
            """.utf8, "keys.json")
        let server = try ServerProcess(["--keys", keys])
        try check("api_keys.py", server)
        #expect(server.end() == 0)
    }
}
