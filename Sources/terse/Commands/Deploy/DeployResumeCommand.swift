import ArgumentParser
import TerseRegistry

/// `terse deploy resume`.
struct DeployResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with the deployment that a model has under way.",
        discussion: """
            What is done already is not done again; the spec is the one that it began with.

            Example:
              terse deploy resume novels
            """)

    @OptionGroup var running: RunningDeployment

    func run() async throws {
        let (registry, record) = try running.find()
        try await DeploymentRun.carryOut(
            record, in: registry, by: running.author.attribution, json: running.json)
    }
}

/// The deployment that a model has under way.
struct RunningDeployment: ParsableArguments {
    @Argument(help: "The model.")
    var name: String

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the deployment as JSON.")
    var json = false

    /// - Throws: `RegistryError`, also when there is none.
    func find() throws -> (Registry, DeploymentRecord) {
        let registry = try registry.open()
        guard let record = try registry.deployments(of: name, runningOnly: true).first else {
            throw RegistryError(.notFound, "\(name) has no deployment under way")
        }
        return (registry, record)
    }
}
