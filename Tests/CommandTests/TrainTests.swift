import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse train`: stopped, killed and resumed as a user's machine would.
@Suite struct TrainTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let trained = try Program.run([
            "tokenizer", "train", TokenizerTrainTests.text, "--vocabulary", "400", "-o", folder.path("tok.json"),
        ])
        try #require(trained.status == 0, "\(trained.summary)")
        try folder.write(
            """
            name: tiny
            description: goes on with novels
            tokenizer: tok.json
            model: {architecture: bitnet, layers: 1, hidden_size: 256, feed_forward_size: 256, heads: 8, kv_heads: 1,
                    context_length: 32}
            data: {training: \(TokenizerTrainTests.text), held_out_fraction: 0}
            training: {tokens: 20_000, windows_per_step: 8}
            optimizer: {muon: {iterations: 1}}
            upkeep: {checkpoint_every_steps: 10, log_every_steps: 1, checkpoints_kept: 2}
            """.utf8, "recipe.yaml")
    }

    func arguments(_ run: String, _ more: String...) -> [String] {
        ["train", folder.path("recipe.yaml"), "--output", folder.path(run), "--threads", "1"] + more
    }

    func checkpoints(_ run: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path(run)).filter {
            $0.hasPrefix("checkpoint") && $0.hasSuffix(".safetensors")
        }.sorted()
    }

    /// The newest checkpoint without its header, which has the time spent.
    func weights(_ run: String) throws -> Data {
        let newest = try #require(try checkpoints(run).last)
        #expect(newest == "checkpoint-000000079.safetensors")
        let data = try Data(contentsOf: URL(filePath: folder.path(run) + "/" + newest))
        let header = data.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        return Data(data.dropFirst(8 + header))
    }

    /// Killed once it has kept something, at no moment in particular, and told to go on: the same weights, bit for bit.
    @Test func aKilledRunGoesOn() throws {
        let whole = try Program.run(arguments("whole", "--json"))
        #expect(whole.status == 0, "\(whole.summary)")
        #expect(try JSONValue.parse(Array(whole.output.utf8))["step"]?.intValue == 79)
        let over = try Program.run(arguments("whole", "--resume"))
        #expect(over.status == 0 && over.errors.contains("training  100 %  79 of 79 steps"), "\(over.summary)")
        let told = try Program.run([
            "run", folder.path("whole") + "/model.gguf", "-p", "Emma", "-n", "8", "--ignore-end",
        ])
        #expect(told.status == 0 && !told.output.isEmpty, "\(told.summary)")
        let inspected = try Program.run(["inspect", folder.path("whole") + "/model.gguf"])
        #expect(inspected.output.contains("goes on with novels"), "\(inspected.summary)")
        for signal in [SIGKILL, SIGINT] {
            let process = Process()
            process.executableURL = Program.url
            process.arguments = arguments("run\(signal)")
            process.standardError = FileHandle.nullDevice
            try process.run()
            while process.isRunning, (try? checkpoints("run\(signal)"))?.isEmpty != false { usleep(500) }
            kill(process.processIdentifier, signal)
            _ = Program.wait(for: process)
            let resumed = try Program.run(arguments("run\(signal)", "--resume"))
            #expect(resumed.status == 0 && resumed.errors.contains("resumed at step"), "\(resumed.summary)")
            #expect(try weights("run\(signal)") == weights("whole"))
        }
    }

    /// A small student of the run's model, stopped and resumed; and which command is for which recipe.
    @Test func aStudentIsDistilled() throws {
        try #require(try Program.run(arguments("teacher")).status == 0)
        let text = try String(contentsOfFile: folder.path("recipe.yaml"), encoding: .utf8)
        let distillation = "\ndistillation: {teacher: teacher, temperature: 2, logits: cached, top_k: 8}\n"
        try folder.write((text.replacing("name: tiny", with: "name: student") + distillation).utf8, "student.yaml")
        let command = ["distill", folder.path("student.yaml"), "--output", folder.path("student"), "--threads", "1"]
        let process = Process()
        process.executableURL = Program.url
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, (try? checkpoints("student"))?.isEmpty != false { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
        _ = Program.wait(for: process)
        let resumed = try Program.run(command + ["--resume", "--json"])
        #expect(resumed.status == 0 && resumed.errors.contains("wrote"), "\(resumed.summary)")
        let last = try JSONValue.parse(Array(resumed.output.utf8))
        #expect(last["step"]?.intValue == 79 && (last["forward_kl"]?.doubleValue ?? 0) > 0, "\(resumed.summary)")
        let wrong = try Program.run(["train"] + command.dropFirst())
        #expect(wrong.status == 1 && wrong.errors.contains("is for terse distill"), "\(wrong.summary)")
        let none = try Program.run(["distill"] + arguments("other").dropFirst())
        #expect(none.status == 1 && none.errors.contains("distillation is missing"), "\(none.summary)")
    }

    /// No room for a checkpoint: an error that names it, the last one kept, and the run goes on when there is room.
    @Test func aFullDiskLosesNothing() throws {
        try #require(try Program.run(arguments("whole")).status == 0)
        let begun = Process()
        begun.executableURL = Program.url
        begun.arguments = arguments("run")
        begun.standardError = FileHandle.nullDevice
        try begun.run()
        while begun.isRunning, (try? checkpoints("run"))?.isEmpty != false { usleep(500) }
        kill(begun.processIdentifier, SIGKILL)
        _ = Program.wait(for: begun)
        let kept = try checkpoints("run")
        let words = ([Program.url.path] + arguments("run", "--resume")).map { "'\($0)'" }.joined(separator: " ")
        let full = Process()
        full.executableURL = URL(filePath: "/bin/sh")
        full.arguments = ["-c", "trap '' XFSZ; ulimit -f 40; exec \(words)"]  // No file may be larger than 20 KiB.
        let errors = Pipe()
        full.standardError = errors
        try full.run()
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(Program.wait(for: full) == 1)
        #expect(said.contains("checkpoint-") && said.contains("cannot write"), "\(said)")
        #expect(try checkpoints("run") == kept)
        #expect(try Program.run(arguments("run", "--resume")).status == 0)
        #expect(try weights("run") == weights("whole"))
    }

    @Test func wrongUseIsExplained() throws {
        let missing = try Program.run(["train", folder.path("none.yaml"), "--output", folder.path("run")])
        #expect(missing.status == 1 && missing.errors.contains("none.yaml: cannot read"), "\(missing.summary)")
        let text = try String(contentsOfFile: folder.path("recipe.yaml"), encoding: .utf8)
        for (old, new, message) in [
            ("tokens:", "tokns:", "did you mean tokens?"), ("tok.json", "tik.json", "tik.json"),
            (TokenizerTrainTests.text, "/no/such/text", "/no/such/text: no such file"),
            ("context_length: 32", "context_length: 100000", "tokens to learn from: expected more than two windows"),
        ] {
            try folder.write(text.replacing(old, with: new).utf8, "bad.yaml")
            let result = try Program.run(["train", folder.path("bad.yaml"), "--output", folder.path("run")])
            #expect(result.status == 1 && result.errors.contains(message), "\(result.summary)")
        }
    }
}
