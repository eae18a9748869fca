import ArgumentParser

/// `terse deploy withdraw`.
struct DeployWithdrawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "End the deployment that a model has under way.",
        discussion: """
            Clients never saw it. A process that carries it out ends at its next step.

            Example:
              terse deploy withdraw novels --why "the wrong file"
            """)

    @OptionGroup var running: RunningDeployment

    func run() throws {
        let (registry, record) = try running.find()
        let ended = try registry.record(.withdrawn, ofDeployment: record.id, by: running.author.attribution)
        if running.json { return try StandardOutput.writeLine(ended.json.serialized()) }
        StandardError.writeLine("deployment \(ended.id) of \(ended.candidate) was withdrawn")
    }
}
