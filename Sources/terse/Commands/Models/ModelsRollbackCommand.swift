import ArgumentParser
import TerseRegistry

/// `terse models rollback`.
struct ModelsRollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Point production, or another alias, to what it pointed to before.",
        discussion: """
            Once more goes further back. Files are kept for as many rollbacks as `terse models retain` says, 3 by default.

            Example:
              terse models rollback stories --why "answers are garbled"
            """)

    @Argument(help: "The model.")
    var name: String

    @Option(help: ArgumentHelp("The alias.", valueName: "ALIAS"))
    var alias = RegistryName.production

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the move as JSON.")
    var json = false

    func run() throws {
        let move = try registry.open().rollback(name, alias: alias, by: author.attribution)
        try move.report(json: json)
    }
}
