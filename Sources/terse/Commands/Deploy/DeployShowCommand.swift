import ArgumentParser
import TerseRegistry

/// `terse deploy show`.
struct DeployShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a deployment: each requirement with what was found, and where it is.",
        discussion: """
            Examples:
              terse deploy show novels
              terse deploy show novels --id 3 --json
            """)

    @Argument(help: "The model.")
    var name: String

    @Option(help: ArgumentHelp("Its number (default: the latest).", valueName: "N"))
    var id: Int64?

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the deployment as JSON.")
    var json = false

    func run() throws {
        let all = try registry.open().deployments(of: name)
        guard let record = all.last(where: { id == nil || $0.id == id }) else {
            throw RegistryError(.notFound, "\(name) has no deployment\(id.map { " \($0)" } ?? "")")
        }
        try json ? StandardOutput.writeLine(record.json.serialized()) : StandardOutput.write(record.text)
    }
}
