import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse chat`: a conversation over pipes, and over a terminal.
@Suite struct ChatTests {
    static let arguments = ["chat", Stories.shipped, "--temperature", "0", "-n", "12"]

    @Test func itAnswersEachLineAndLeavesAtTheEnd() throws {
        let result = try Program.run(Self.arguments, input: "Once upon a time\nAnd then?\n")
        #expect(result.status == 0, "\(result.summary)")
        let answers = result.output.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
        #expect(answers.count >= 2, "\(result.summary)")
    }

    @Test func historyCounts() throws {
        let once = try Program.run(Self.arguments, input: "And then?\n")
        let later = try Program.run(Self.arguments, input: "Once upon a time there was a dog.\nAnd then?\n")
        let forgotten = try Program.run(
            Self.arguments, input: "Once upon a time there was a dog.\n/reset\nAnd then?\n")
        #expect(once.status == 0 && later.status == 0 && forgotten.status == 0)
        #expect(!later.output.hasSuffix(once.output), "the second answer depends on the first exchange")
        #expect(forgotten.output.hasSuffix(once.output), "\(forgotten.summary)")
    }

    @Test func commandsAreObeyed() throws {
        let scratch = try TemporaryFolder()
        let file = scratch.path("talk.json")
        let result = try Program.run(
            Self.arguments, input: "/help\n/system Be brief.\nHello\n/save \(file)\n/nonsense\n/save\n/quit\nNever\n")
        #expect(result.status == 0, "\(result.summary)")
        #expect(result.errors.contains("/reset") && result.errors.contains("/nonsense"), "\(result.summary)")
        #expect(result.errors.contains("no chat template"), "\(result.summary)")
        let saved = try JSONValue.parse(Array(Data(contentsOf: URL(filePath: file))))
        let roles = saved["messages"]?.arrayValue?.compactMap { $0["role"]?.stringValue }
        #expect(roles == ["system", "user", "assistant"], "\(result.summary)")
        #expect(saved["messages"]?[0]?["content"]?.stringValue == "Be brief.")
    }

    /// Ctrl-C during an answer stops it; the program goes on; Ctrl-D leaves.
    @Test func interruptingStopsTheAnswerAndNotTheProgram() throws {
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["chat", Stories.shipped, "--temperature", "0", "-n", "200"]
        let input = Pipe(), errors = Pipe()
        process.standardInput = input
        process.standardError = errors
        // The answer cannot be over when the signal comes: it does not fit.
        let output = try NarrowPipe(room: 16)
        output.connect { process.standardOutput = $0 }
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data("Once upon a time\n/help\n".utf8))
        try input.fileHandleForWriting.close()
        try output.waitUntilWritten(by: process)
        Program.interrupt(process)
        let answer = try output.readToEnd()
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(Program.wait(for: process) == 0, "\(said)")
        #expect(said.contains("stopped") && said.contains("/reset"), "\(said)")
        #expect(!answer.isEmpty && answer.count < 200, "\(answer)")
    }

    /// With a terminal of its own: the prompt, Ctrl-C at the prompt, Ctrl-D.
    @Test func aTerminalWorksToo() throws {
        let terminal = try Terminal(running: Program.url.path, Self.arguments)
        #expect(terminal.wait(for: "> "), "\(terminal.shown)")
        terminal.type("Once upon a time\n")
        #expect(terminal.wait(for: "> ", count: 2), "\(terminal.shown)")
        terminal.type("half a li\u{3}")
        #expect(terminal.wait(for: "> ", count: 3), "\(terminal.shown)")
        terminal.type("\u{4}")
        #expect(terminal.status() == 0, "\(terminal.shown)")
    }
}
