import Foundation
import TestSupport
import Testing

/// The documents name the commands and options that the program has, and no others.
@Suite struct DocumentationTests {
    @Test func everyCommandAndOptionIsDocumented() throws {
        let known = try CommandTree.commands()
        let handbook = try Handbook(known)
        let overview = try Handbook.lines(of: "README.md").joined(separator: "\n")
        for command in known {
            let owners = handbook.options.keys.filter { command.belongs(to: $0) }
            #expect(!owners.isEmpty, "\(Handbook.commands) has no section for \(command.path)")
            let documented = Set(owners.flatMap { handbook.options[$0] ?? [] })
                .union(handbook.shared.filter { $0.concerns(command) }.flatMap(\.options))
            let missing = command.options.subtracting(documented).sorted()
            #expect(missing.isEmpty, "\(Handbook.commands) does not have \(missing) of \(command.path)")
            let named =
                command.words.allSatisfy { overview.contains($0) } && overview.contains("`terse \(command.words[0])")
            #expect(named, "README.md does not name \(command.path)")
        }
    }

    @Test func everyDocumentedOptionExists() throws {
        let known = try CommandTree.commands()
        let handbook = try Handbook(known)
        for (owner, options) in handbook.options where !options.isEmpty {
            let theirs = Set(known.filter { $0.belongs(to: owner) }.flatMap(\.options))
            let unknown = options.subtracting(theirs).subtracting(["--help"]).sorted()
            #expect(unknown.isEmpty, "\(Handbook.commands) gives \(owner) \(unknown), which it does not have")
        }
        #expect(handbook.shared.count >= 7)
        for row in handbook.shared where !row.commands.hasPrefix("all ") {
            for name in row.commands.split(separator: ", ").map(String.init) {
                let theirs = Set(known.filter { $0.belongs(to: name) }.flatMap(\.options))
                #expect(row.options.isSubset(of: theirs), "\(Handbook.commands): \(name) does not have \(row.options)")
            }
        }
    }

    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/commands.md", "docs/evaluation.md", "docs/formats.md",
        "docs/training.md", "docs/serving.md", "docs/registry.md", "docs/rollout.md", "docs/routing.md",
        "docs/deploy.md",
        "docs/profiles.md", "docs/tuning.md", "docs/packaging.md", "docs/speed.md", "docs/numerics.md",
    ])
    func examplesAreCommandLinesOfTheProgram(document: String) throws {
        let known = try CommandTree.commands()
        for example in try Handbook.examples(in: document) {
            let line = example.words.joined(separator: " ")
            // A group may stand for its commands, and `a\|b` for either.
            let commands = known.filter { command in
                zip(command.words, example.words).allSatisfy { $0.0 == $0.1 || $0.1.contains("\\") }
            }
            #expect(!commands.isEmpty, "\(example.place): there is no command \(line)")
            let theirs = Set(commands.flatMap(\.options)).union(["--help", "--version"])
            let unknown = Handbook.options(in: line).subtracting(theirs).sorted()
            #expect(unknown.isEmpty, "\(example.place): \(line): no such option \(unknown)")
        }
    }
}
