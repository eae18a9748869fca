import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models history`.
struct ModelsHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List everything that was done to all models, or to one.",
        discussion: """
            Example:
              terse models history stories
            """)

    @Argument(help: "The model (default: all of them).")
    var name: String?

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each event, the first one first.")
    var json = false

    func run() throws {
        let entries = try registry.open().history(of: name)
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(entries.map(\.json)).serialized())
        }
        try StandardOutput.write(entries.text)
    }
}
