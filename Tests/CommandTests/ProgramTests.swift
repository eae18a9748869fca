import Foundation
import Testing

/// What holds for every command: help, usage errors, the environment.
@Suite struct ProgramTests {
    static let commands = ["run", "chat", "tokenize", "inspect", "convert", "bench", "eval"]

    @Test func withoutArgumentsItHelps() throws {
        let result = try Program.run([])
        #expect(result.status == 0)
        for command in Self.commands { #expect(result.output.contains(command)) }
    }

    @Test(arguments: commands) func everyCommandHasHelpWithAnExample(command: String) throws {
        let result = try Program.run([command, "--help"])
        #expect(result.status == 0, "\(result.summary)")
        #expect(result.output.contains("terse \(command)"), "\(result.summary)")
        #expect(result.output.lowercased().contains("example"), "\(result.summary)")
    }

    @Test(arguments: [["fly"], ["run"], ["run", "a.gguf", "--nonsense"], ["run", "a.gguf", "-p", "x", "-n", "many"]])
    func wrongUsageIs64(arguments: [String]) throws {
        let result = try Program.run(arguments)
        #expect(result.status == 64, "\(result.summary)")
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("error: "), "\(result.summary)")
    }

    @Test func anUnknownInstructionSetIsAnError() throws {
        let result = try Program.run(["inspect", "/nowhere"], environment: ["TERSE_ISA": "mmx"])
        #expect(result.status == 1)
        #expect(result.errors.contains("TERSE_ISA=mmx") && result.errors.contains("scalar"), "\(result.summary)")
    }

    @Test func theVersionIsSaid() throws {
        let result = try Program.run(["--version"])
        #expect(result.status == 0 && result.output.contains("."))
    }
}
