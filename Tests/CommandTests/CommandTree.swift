import TerseJSON
import Testing

/// The commands that the program itself says it has.
enum CommandTree {
    struct Command: CustomTestStringConvertible {
        /// As it is typed after `terse`: `run`, `eval choice`.
        let path: String
        /// With their dashes, short and long, but for those that every command has.
        let options: Set<String>

        var testDescription: String { path }
        var words: [String] { path.split(separator: " ").map(String.init) }

        /// Whether this is the command that `name` names, or one of the group.
        func belongs(to name: String) -> Bool { path == name || path.hasPrefix(name + " ") }
    }

    /// Every command that can be run, of groups those within.
    static func commands() throws -> [Command] { try loaded.get() }

    private static let loaded = Result {
        let result = try Program.run(["--experimental-dump-help"])
        try #require(result.status == 0, "\(result.summary)")
        let root = try #require(try JSONValue.parse(Array(result.output.utf8))["command"])
        let commands = subcommands(of: root).flatMap { leaves(of: $0, within: "") }
        try #require(commands.count >= 9, "\(commands)")
        return commands
    }

    private static func leaves(of value: JSONValue, within group: String) -> [Command] {
        let path = group + (value["commandName"]?.stringValue ?? "")
        let inner = subcommands(of: value)
        guard inner.isEmpty else { return inner.flatMap { leaves(of: $0, within: path + " ") } }
        let names = (value["arguments"]?.arrayValue ?? []).flatMap { $0["names"]?.arrayValue ?? [] }
        let options = names.compactMap { name in
            name["name"]?.stringValue.map { (name["kind"]?.stringValue == "long" ? "--" : "-") + $0 }
        }
        return [Command(path: path, options: Set(options).subtracting(["-h", "--help", "--version"]))]
    }

    private static func subcommands(of value: JSONValue) -> [JSONValue] {
        (value["subcommands"]?.arrayValue ?? []).filter { $0["commandName"]?.stringValue != "help" }
    }
}
