import ArgumentParser

/// `terse rollout pause`.
struct RolloutPauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep the candidate's share as it is until somebody resumes.",
        discussion: """
            A breach rolls back all the same.

            Example:
              terse rollout pause stories --why "a holiday"
            """)

    @OptionGroup var decision: RolloutDecision

    func run() throws { try decision.record(.paused, "is paused") }
}
