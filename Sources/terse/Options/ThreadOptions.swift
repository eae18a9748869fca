import ArgumentParser
import TerseTensor

/// `--threads`, for every command that computes.
struct ThreadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Compute threads (default: one for each physical core in reach).", valueName: "N"))
    var threads: Int?

    func validate() throws {
        try Self.check(threads)
    }

    /// - Throws: `ValidationError` when a team cannot have so many threads.
    static func check(_ threads: Int?) throws {
        try check("--threads", threads, from: 1, to: ThreadTeam.threadCountMax)
    }
}
