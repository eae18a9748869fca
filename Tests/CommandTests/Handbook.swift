import Foundation
import TestSupport

/// What the Markdown files say of commands and options, in code spans and indented examples.
struct Handbook {
    /// A row of the table of options that several commands have.
    struct SharedRow {
        let options: Set<String>
        /// The commands named, or "all that …".
        let commands: String

        func concerns(_ command: CommandTree.Command) -> Bool {
            commands.hasPrefix("all ") || commands.split(separator: ", ").contains { command.belongs(to: String($0)) }
        }
    }

    /// A command line as somebody would type it.
    struct Example {
        let place: String
        /// What stands behind `terse` or `./run`.
        let words: [String]
    }

    /// Options by what they are said of: a command, or a group of commands.
    private(set) var options: [String: Set<String>] = [:]
    private(set) var shared: [SharedRow] = []

    static let commands = "docs/commands.md"

    /// Reads docs/commands.md: a section for each command or group, its name in the heading or, after other words, in
    /// parentheses. In a line that names commands the options are theirs.
    init(_ known: [CommandTree.Command]) throws {
        var owners: [String] = []
        for line in try Self.lines(of: Self.commands) {
            if line.hasPrefix("#") {
                owners = Self.commands(inHeading: line)
                continue
            }
            let spans = Self.spans(in: line)
            if owners == ["Options that several commands share"] {
                let cells = line.replacing("\\|", with: "¦").split(separator: "|")
                guard cells.count > 1, !spans.isEmpty else { continue }
                shared.append(
                    SharedRow(
                        options: Self.options(in: String(cells[0])),
                        commands: cells[1].trimmingCharacters(in: .whitespaces)))
                continue
            }
            let named = known.map(\.path).filter { path in spans.contains { ($0 + " ").hasPrefix("terse \(path) ") } }
            let found = Set(spans.flatMap { Self.options(in: $0) })
            for owner in named.isEmpty ? owners : named { options[owner, default: []].formUnion(found) }
        }
    }

    private static func commands(inHeading line: String) -> [String] {
        let title = line.drop { $0 == "#" || $0 == " " }
        guard let match = title.firstMatch(of: #/\((.*)\)/#) else { return [String(title)] }
        return match.1.replacing(" and ", with: ", ").split(separator: ", ").map(String.init)
    }

    /// All command lines of a document.
    static func examples(in document: String) throws -> [Example] {
        // In a block that begins with a prompt, lines without one are what programs said.
        var isTranscript = false
        return try lines(of: document).enumerated().flatMap { index, line -> [Example] in
            let (isIndented, isPrompted) = (line.hasPrefix("    "), line.hasPrefix("    $ "))
            isTranscript = isIndented && (isTranscript || isPrompted)
            let texts = isIndented ? (isPrompted || !isTranscript ? [line] : []) : spans(in: line)
            return texts.compactMap { text in
                guard let match = text.firstMatch(of: #/(?:^|[\s$])(?:terse|\./run) ([a-z].*)/#) else { return nil }
                let line = match.1.split(separator: " | ")[0].split(separator: " # ")[0]
                let words = line.replacing("[", with: "").replacing("]", with: "").split(separator: " ")
                return Example(place: "\(document):\(index + 1)", words: words.map(String.init))
            }
        }
    }

    static func options(in text: String) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        return Set(words.filter { $0.wholeMatch(of: #/--[a-z][a-z0-9-]+|-[a-z]/#) != nil }.map(String.init))
    }

    static func lines(of document: String) throws -> [String] {
        let text = try String(contentsOf: TestData.repository.appending(path: document), encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func spans(in line: String) -> [String] { line.matches(of: #/`([^`]*)`/#).map { String($0.1) } }
}
