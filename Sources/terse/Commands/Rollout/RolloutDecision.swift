import ArgumentParser
import TerseRegistry
import TerseServer

/// What people decide of the rollout that a model has under way: recorded, and found by the server that carries it out.
struct RolloutDecision: ParsableArguments {
    @Argument(help: "The model.")
    var name: String

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the rollout as JSON.")
    var json = false

    /// - Throws: `RegistryError`, also when no rollout is under way.
    func record(_ kind: RolloutRecord.Event.Kind, _ said: String) throws {
        let registry = try registry.open()
        guard let running = try registry.rollouts(of: name, runningOnly: true).first else {
            throw RegistryError(.notFound, "\(name) has no rollout under way")
        }
        let record = try registry.record(kind, ofRollout: running.id, by: author.attribution)
        try RolloutReport(record).tell(said, json: json)
    }
}
