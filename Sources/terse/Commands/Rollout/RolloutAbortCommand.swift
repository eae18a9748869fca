import ArgumentParser

/// `terse rollout abort`.
struct RolloutAbortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Serve everything with what is live, whatever the evidence says.",
        discussion: """
            No server is needed.

            Example:
              terse rollout abort stories --why "the wrong file"
            """)

    @OptionGroup var decision: RolloutDecision

    func run() throws { try decision.record(.aborted, "was aborted") }
}
