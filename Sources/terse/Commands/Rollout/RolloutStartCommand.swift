import ArgumentParser
import TerseRegistry
import TerseServer

/// `terse rollout start`.
struct RolloutStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Begin a rollout of a variant in place of what production points to.",
        discussion: """
            Examples:
              terse rollout start stories@candidate --why "trained longer"
              terse rollout start stories:2/q8_0 --plan plan.yaml
            """)

    @Argument(help: "NAME:VERSION or NAME@ALIAS, also with /VARIANT.")
    var candidate: ModelReference

    @OptionGroup var plan: RolloutPlanOptions
    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the rollout as JSON.")
    var json = false

    func validate() throws {
        guard candidate.selector != .standard else {
            throw ValidationError("give the version, such as \(candidate.name):2, or an alias")
        }
    }

    func run() throws {
        let report = try RolloutReport.begin(
            plan.read(), of: candidate, in: registry.open(), by: author.attribution)
        try report.tell("has begun", json: json)
    }
}
