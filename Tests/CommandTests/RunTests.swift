import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse run`: the text, what goes where, and stopping.
@Suite struct RunTests {
    static let greedy = ["--temperature", "0", "--raw"]

    @Suite(.enabled(if: TestData.isPresent, "\(TestData.absence)")) struct Golden {
        @Test(arguments: ["f32", "f16"]) func twoHundredTokensAreLlama2Cs(type: String) throws {
            let result = try Program.run(["run", try Stories.gguf(type), "-p", "", "-n", "200"] + greedy)
            #expect(result.status == 0, "\(result.summary)")
            #expect(result.output == (try Stories.golden()))
        }

        @Test func theCheckpointItselfRuns() throws {
            let result = try Program.run(
                ["run", Stories.checkpoint, "--tokenizer", Stories.tokenizer, "-p", "", "-n", "200"] + greedy)
            #expect(result.output == (try Stories.golden()), "\(result.summary)")
        }

        @Test func fiftyTokensAreTheSameInQ8() throws {
            let result = try Program.run(["run", try Stories.gguf("q8_0"), "-p", "", "-n", "50"] + greedy)
            let golden = try Stories.golden()
            #expect(result.output.count > 100 && golden.hasPrefix(result.output), "\(result.summary)")
        }

        @Test(arguments: [["--threads", "1"], ["--threads", "3"], ["--chunk", "1"], ["--chunk", "7"]])
        func neitherThreadsNorChunksChangeTheText(options: [String]) throws {
            let arguments =
                ["run", try Stories.gguf("q8_0"), "-p", "Once upon a time there was a dog", "-n", "40"] + greedy
            let usual = try Program.run(arguments)
            #expect(usual.status == 0 && usual.output.count > 40)
            #expect(try Program.run(arguments + options).output == usual.output)
        }
    }

    @Test func onlyTheTextGoesToStandardOutput() throws {
        let arguments = ["run", Stories.shipped, "-p", "Once upon a time", "-n", "20"] + Self.greedy
        let result = try Program.run(arguments)
        #expect(result.status == 0, "\(result.summary)")
        #expect(result.output.hasPrefix(", there was"), "the prompt is not repeated; \(result.summary)")
        #expect(result.errors.contains("tokens/s"), "\(result.summary)")
        let quiet = try Program.run(arguments + ["--quiet"])
        #expect(quiet.output == result.output && quiet.errors.isEmpty, "\(quiet.summary)")
    }

    @Test func theSameSeedGivesTheSameText() throws {
        let arguments = ["run", Stories.shipped, "-p", "One day", "-n", "40", "--temperature", "1", "--seed"]
        let first = try Program.run(arguments + ["7"])
        #expect(first.status == 0, "\(first.summary)")
        #expect(try Program.run(arguments + ["7"]).output == first.output)
        #expect(try Program.run(arguments + ["8"]).output != first.output)
    }

    @Test(arguments: ["0", "1"]) func guessesChangeNothing(temperature: String) throws {
        let arguments = [
            "run", Stories.shipped, "-p", "One day", "-n", "60", "--seed", "3", "--temperature", temperature,
            "--guesses",
        ]
        let plain = try Program.run(arguments + ["0"])
        #expect(plain.status == 0, "\(plain.summary)")
        #expect(try Program.run(arguments + ["5"]).output == plain.output)
        let drafted = try Program.run(arguments + ["5", "--draft-model", Stories.shipped])
        #expect(drafted.output == plain.output, "\(drafted.summary)")
    }

    @Test func thePromptMayComeFromAFileOrAPipe() throws {
        let scratch = try TemporaryFolder()
        let file = try scratch.write(Data("Once upon a time".utf8), "prompt.txt")
        let direct = try Program.run(["run", Stories.shipped, "-p", "Once upon a time", "-n", "10"] + Self.greedy)
        let fromFile = try Program.run(["run", Stories.shipped, "--file", file, "-n", "10"] + Self.greedy)
        let piped = try Program.run(
            ["run", Stories.shipped, "--file", "-", "-n", "10"] + Self.greedy, input: "Once upon a time")
        #expect(fromFile.output == direct.output && piped.output == direct.output)
    }

    @Test func theStatisticsAreToldAsJSON() throws {
        let result = try Program.run(
            ["run", Stories.shipped, "-p", "Once upon a time", "-n", "10", "--json"] + Self.greedy)
        let value = try JSONValue.parse(Array(result.output.utf8))
        #expect(value["text"]?.stringValue?.hasPrefix(", there was") == true, "\(result.summary)")
        #expect(value["generated_tokens"]?.intValue == 10)
        #expect(value["finish_reason"]?.stringValue == "length")
    }

    @Test func interruptingEndsTheTextAndTheProgram() throws {
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["run", Stories.shipped, "-p", "", "-n", "200"] + Self.greedy
        let errors = Pipe()
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        let output = try NarrowPipe(room: 16)
        output.connect { process.standardOutput = $0 }
        try process.run()
        try output.waitUntilWritten(by: process)  // Streams: text comes before all is done.
        Program.interrupt(process)
        let text = try output.readToEnd()
        #expect(text.hasPrefix("Once") && text.count < 200, "\(text)")
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(Program.wait(for: process) == 130, "\(said)")
        #expect(!said.contains("error:") && said.contains("tokens/s"), "\(said)")
    }

    @Test func badInputsAreErrors() throws {
        let scratch = try TemporaryFolder()
        let whole = try Data(contentsOf: URL(filePath: Stories.shipped))
        let cut = try scratch.write(whole.prefix(whole.count / 2), "cut.gguf")
        let empty = try scratch.write(Data(), "empty.gguf")
        let text = try scratch.write(Data("This is no model.\n".utf8), "text.gguf")
        // Nobody writes to the pipe: opening it must not wait.
        let pipe = scratch.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        for path in [cut, empty, text, pipe, scratch.url.path, scratch.path("absent.gguf"), "/dev/null"] {
            let result = try Program.run(["run", path, "-p", "x"])
            #expect(result.status == 1 && result.output.isEmpty, "\(path): \(result.summary)")
            let name = URL(filePath: path).lastPathComponent
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(name), "\(path): \(result.summary)")
        }
    }

    @Test(arguments: [
        ["--threads", "0"], ["--threads", "-1"], ["--threads", "1000000"], ["--temperature", "-1"], ["--top-p", "2"],
        ["--logit-bias", "x"], ["--context", "0"], ["-n", "-1"], ["--raw", "--system", "Be brief."],
    ])
    func valuesOutOfRangeAreWrongUsage(arguments: [String]) throws {
        let result = try Program.run(["run", Stories.shipped, "-p", "x"] + arguments)
        #expect(result.status == 64 && result.errors.hasPrefix("error: "), "\(arguments): \(result.summary)")
    }

    /// Lists and numbers below zero begin with a dash.
    @Test func textsMayBeginWithADash() throws {
        for prompt in ["- item", "-5 degrees", "--json"] {
            let result = try Program.run(["run", Stories.shipped, "-p", prompt, "-n", "2"] + Self.greedy)
            #expect(result.status == 0 && !result.output.isEmpty, "\(prompt): \(result.summary)")
        }
        let result = try Program.run(
            ["run", Stories.shipped, "-p", "Once", "-n", "2", "--frequency-penalty", "-0.5", "--stop", "- x"])
        #expect(result.status == 0, "\(result.summary)")
    }

    @Test func aFullDiskIsAnError() throws {
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["run", Stories.shipped, "-p", "Once", "-n", "20"] + Self.greedy
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
        let errors = Pipe()
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(Program.wait(for: process) == 1)
        #expect(said.contains("error: standard output: cannot write"), "\(said)")
    }
}
