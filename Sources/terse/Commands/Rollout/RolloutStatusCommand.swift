import ArgumentParser
import TerseJSON
import TerseServer

/// `terse rollout status`.
struct RolloutStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the rollouts under way, or a model's latest: the share, the evidence, what it says.",
        discussion: """
            The evidence is what the server saved last, some seconds ago at most.

            Example:
              terse rollout status stories --json
            """)

    @Argument(help: "The model (default: all that have a rollout under way).")
    var name: String?

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each rollout.")
    var json = false

    func run() throws {
        let registry = try registry.open()
        let records = try registry.rollouts(of: name, runningOnly: name == nil)
        let reports = try (name == nil ? records[...] : records.suffix(1)).map { try RolloutReport($0) }
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(reports.map(\.json)).serialized())
        }
        try StandardOutput.write(reports.map(\.text).joined(separator: "\n"))
    }
}
