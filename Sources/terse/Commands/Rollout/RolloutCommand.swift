import ArgumentParser

/// `terse rollout`: candidates on their way to everybody.
struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Bring a candidate to everybody step by step, or back by itself.",
        discussion: """
            A running `terse serve --model NAME@production` carries a rollout out: it compares the candidate with a control
            group of one size on errors, times and quality, and rolls it back at the first breach. Everything is recorded in
            the registry, where the server finds it; it may be started before or after.

            Examples:
              terse rollout start stories:2/q8_0 --weights 1,5,25,50 --why "half the size"
              terse rollout status stories
              terse rollout abort stories --why "the wrong file"
            """,
        subcommands: [
            RolloutStartCommand.self, RolloutStatusCommand.self, RolloutPauseCommand.self, RolloutResumeCommand.self,
            RolloutPromoteCommand.self, RolloutAbortCommand.self, RolloutHistoryCommand.self,
        ])
}
