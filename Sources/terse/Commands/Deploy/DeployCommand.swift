import ArgumentParser

/// `terse deploy`: from a registered variant to what clients are served, through gates.
struct DeployCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Prove that a variant meets its requirements, and bring it to clients.",
        discussion: """
            A spec names the candidate and what it must keep to. In four steps, recorded in the registry:
              foreseen   the host, and memory predicted from the file
              tuning     the engine's options are searched on this host, if the spec says so
              measured   quality, speed, latencies under a synthetic load, memory, joules; alerting rules, a dashboard
                         and a scaling policy are written
              rollout    it begins (see terse rollout); where nothing is live, production points to the candidate
            A requirement that is not met stops it.
            Ctrl-C or a crash in the middle loses nothing: `terse deploy resume MODEL` goes on.

            Examples:
              terse deploy spec.yaml
              terse deploy run spec.yaml --dry-run
              terse deploy show novels
            """,
        subcommands: [
            DeployRunCommand.self, DeployResumeCommand.self, DeployWithdrawCommand.self, DeployShowCommand.self,
            DeployListCommand.self,
        ], defaultSubcommand: DeployRunCommand.self)
}
