import Foundation
import TestSupport
import Testing

/// docs/commands.md and the help texts name the same options.
@Suite struct DocumentationTests {
    private static let commands =
        ProgramTests.commands
        + ["eval perplexity", "eval choice", "eval divergence", "eval logits", "tokenizer train"]

    @Test(arguments: commands)
    func everyOptionIsDocumented(command: String) throws {
        let document = try String(
            contentsOf: TestData.repository.appending(path: "docs/commands.md"), encoding: .utf8)
        let result = try Program.run(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(result.status == 0)
        for match in result.output.matches(of: #/(?m)^\s+(?:-\w, )?(--[a-z0-9-]+)/#)
        where !["--help", "--version"].contains(match.1) {
            #expect(document.contains(match.1), "\(command) \(match.1) is not in docs/commands.md")
        }
    }

    @Test func documentedOptionsExist() throws {
        let document = try String(
            contentsOf: TestData.repository.appending(path: "docs/commands.md"), encoding: .utf8)
        let help = try Self.commands.map {
            try Program.run($0.split(separator: " ").map(String.init) + ["--help"]).output
        }.joined()
        for match in document.matches(of: #/`(?:-\w, )?(--[a-z0-9-]+)/#) where match.1 != "--help" {
            #expect(help.contains(match.1), "docs/commands.md has \(match.1), which no command has")
        }
    }
}
