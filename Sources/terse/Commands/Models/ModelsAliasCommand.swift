import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models alias`: names for what is live.
struct ModelsAliasCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias",
        abstract: "Move aliases, and see what they point to and pointed to.",
        discussion: """
            An alias points to a variant. The alias previous follows production: it is what a rollback would bring back.

            Examples:
              terse models alias set stories:3/q8_0 production --why "passed its canary"
              terse models alias list stories
              terse models alias history stories production
            """,
        subcommands: [
            ModelsAliasSetCommand.self, ModelsAliasClearCommand.self, ModelsAliasListCommand.self,
            ModelsAliasHistoryCommand.self,
        ])
}

/// `terse models alias set`.
struct ModelsAliasSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Point an alias to a variant.",
        discussion: """
            Without /VARIANT the version's first is meant. Nothing is recorded when it points there already.

            Example:
              terse models alias set stories:3 production --why "passed its canary"
            """)

    @Argument(help: "NAME:VERSION or NAME@ALIAS, also with /VARIANT.")
    var reference: ModelReference

    @Argument(help: "The alias to move.")
    var alias: String

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the move as JSON.")
    var json = false

    func validate() throws {
        guard reference.selector != .standard else {
            throw ValidationError("give the version, such as \(reference.name):1, or another alias")
        }
    }

    func run() throws {
        let move = try registry.open().setAlias(alias, to: reference, by: author.attribution)
        try move.report(json: json)
    }
}

/// `terse models alias clear`.
struct ModelsAliasClearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Point an alias to nothing; a rollback brings back what it pointed to.",
        discussion: """
            Example:
              terse models alias clear stories candidate
            """)

    @Argument(help: "The model.")
    var name: String

    @Argument(help: "The alias.")
    var alias: String

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the move as JSON.")
    var json = false

    func run() throws {
        let move = try registry.open().clearAlias(alias, of: name, by: author.attribution)
        try move.report(json: json)
    }
}

/// `terse models alias list`.
struct ModelsAliasListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what a model's aliases point to.",
        discussion: """
            Example:
              terse models alias list stories
            """)

    @Argument(help: "The model.")
    var name: String

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each alias.")
    var json = false

    func run() throws {
        let aliases = try registry.open().aliases(of: name)
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(aliases.map(\.json)).serialized())
        }
        try StandardOutput.write(aliases.text)
    }
}

/// `terse models alias history`.
struct ModelsAliasHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List every move of a model's aliases, or of one.",
        discussion: """
            Example:
              terse models alias history stories production --json
            """)

    @Argument(help: "The model.")
    var name: String

    @Argument(help: "The alias (default: all of them).")
    var alias: String?

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each move, the first one first.")
    var json = false

    func run() throws {
        let moves = try registry.open().moves(of: name, alias: alias)
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(moves.map(\.json)).serialized())
        }
        try StandardOutput.write(moves.text)
    }
}
