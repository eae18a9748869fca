import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models path`.
struct ModelsPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Print where a variant is, having verified its files.",
        discussion: """
            The path of the file, or of the folder, under the names that it was registered with; other programs can read it.
            Files are hashed when they are asked for the first time, and again when they were changed.

            Example:
              llama-cli -m "$(terse models path stories@production)"
            """)

    @Argument(help: ArgumentHelp(ModelsCommand.referenceHelp))
    var reference: ModelReference

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print path, version and files as JSON.")
    var json = false

    func run() throws {
        let located = try ModelPath.locate(reference, in: registry.open())
        guard json else { return try StandardOutput.writeLine(located.path) }
        let value: JSONValue = [
            "path": .string(located.path), "model": .string(located.model), "version": JSONValue(located.version),
            "variant": located.variant.json,
        ]
        try StandardOutput.writeLine(value.serialized())
    }
}
