import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models remove`.
struct ModelsRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a variant, a version or a model; its records stay.",
        discussion: """
            Refused while an alias points there, or a rollback would within the depth that `terse models retain` states. The
            files go with `terse models gc`.

            Examples:
              terse models remove stories:1/f16
              terse models remove stories:1 --why "trained on the wrong text"
            """)

    @Argument(help: "NAME:VERSION/VARIANT, NAME:VERSION for all of its variants, NAME for the whole model.")
    var reference: ModelReference

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array of what was removed.")
    var json = false

    func run() throws {
        let removed = try registry.open().remove(reference, by: author.attribution)
        guard !json else {
            return try StandardOutput.writeLine(
                JSONValue.array(removed.map { .string($0.description) }).serialized())
        }
        for reference in removed { StandardError.writeLine("removed \(reference)") }
    }
}
