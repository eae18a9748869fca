import ArgumentParser

/// `terse route`: which variant answers a request.
struct RouteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route",
        abstract: "Compare policies that choose a variant for each request.",
        discussion: """
            Example:
              terse route simulate --trace trace.jsonl
            """,
        subcommands: [RouteSimulateCommand.self])
}
