import Foundation
import Testing

/// What holds for every command: help, usage errors, the environment.
@Suite struct ProgramTests {
    @Test func withoutArgumentsItHelps() throws {
        let result = try Program.run([])
        #expect(result.status == 0)
        for command in try CommandTree.commands() { #expect(result.output.contains(command.words[0])) }
    }

    @Test(arguments: try CommandTree.commands())
    func everyCommandHasHelpWithAnExample(command: CommandTree.Command) throws {
        let result = try Program.run(command.words + ["--help"])
        #expect(result.status == 0, "\(result.summary)")
        #expect(result.output.contains("terse \(command.path)"), "\(result.summary)")
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
