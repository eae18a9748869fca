import ArgumentParser

/// `terse rollout resume`.
struct RolloutResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a rollout that is paused.",
        discussion: """
            One that too many requests did not decide can only be promoted or aborted.

            Example:
              terse rollout resume stories --why "back again"
            """)

    @OptionGroup var decision: RolloutDecision

    func run() throws { try decision.record(.resumed, "goes on") }
}
