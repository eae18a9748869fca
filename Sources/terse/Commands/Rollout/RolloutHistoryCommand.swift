import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse rollout history`.
struct RolloutHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List everything that happened in a model's rollouts.",
        discussion: """
            Example:
              terse rollout history stories
            """)

    @Argument(help: "The model.")
    var name: String

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each rollout, the first one first.")
    var json = false

    func run() throws {
        let rollouts = try registry.open().rollouts(of: name)
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(rollouts.map(\.json)).serialized())
        }
        try StandardOutput.write(rollouts.text)
    }
}
