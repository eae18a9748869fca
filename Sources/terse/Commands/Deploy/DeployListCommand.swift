import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse deploy list`.
struct DeployListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List everything that happened in deployments.",
        discussion: """
            Example:
              terse deploy list novels
            """)

    @Argument(help: "The model (default: all).")
    var name: String?

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each deployment, the first one first.")
    var json = false

    func run() throws {
        let records = try registry.open().deployments(of: name)
        guard !json else { return try StandardOutput.writeLine(JSONValue.array(records.map(\.json)).serialized()) }
        try StandardOutput.write(records.text)
    }
}
