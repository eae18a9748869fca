import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models retain`.
struct ModelsRetainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retain",
        abstract: "State for how many rollbacks in a row a model's files are kept.",
        discussion: """
            What so many rollbacks of an alias would bring back cannot be removed. The default is \
            \(RegistryLimits.rollbackDepthDefault).

            Example:
              terse models retain stories 5
            """)

    @Argument(help: "The model.")
    var name: String

    @Argument(help: "Rollbacks, 1 to \(RegistryLimits.rollbackDepthMax).")
    var depth: Int

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the model as JSON.")
    var json = false

    func validate() throws { try Self.check("DEPTH", depth, from: 1, to: RegistryLimits.rollbackDepthMax) }

    func run() throws {
        let registry = try registry.open()
        try registry.setRollbackDepth(depth, of: name, by: author.attribution)
        guard json else {
            return StandardError.writeLine("files of \(name) are kept for \(depth) rollback\(depth == 1 ? "" : "s")")
        }
        try StandardOutput.writeLine(registry.model(name).json.serialized())
    }
}
