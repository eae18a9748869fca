import ArgumentParser

/// `terse rollout promote`.
struct RolloutPromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Serve everything with the candidate, whatever the evidence says.",
        discussion: """
            The alias production moves to it.

            Example:
              terse rollout promote stories --why "urgent"
            """)

    @OptionGroup var decision: RolloutDecision

    func run() throws { try decision.record(.promoted, "was promoted") }
}
