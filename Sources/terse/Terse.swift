import ArgumentParser
import Foundation
import TerseTensor

/// The program: one verb per command, composed from the rooms below.
@main
struct Terse: AsyncParsableCommand {
    static let programVersion = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "terse",
        abstract: "Runs, measures and converts efficient language models on CPUs.",
        discussion: """
            Environment:
              TERSE_HOME   where downloads, packed weights, tunings and the registry are kept (default ~/.terse)
              TERSE_PACKED_MAX
                           what packed weights may take there (default 32GiB; 0: they take memory)
              TERSE_ISA    instruction set to use: scalar, avx2, avx512 or neon (default: the best there is)

            Exit codes: 0 success, 1 failure, 64 wrong usage, 128 + n when signal n stopped the work.
            """,
        version: programVersion,
        subcommands: [
            TokenizeCommand.self, InspectCommand.self, ConvertCommand.self, RunCommand.self, ChatCommand.self,
            EvalCommand.self, TokenizerCommand.self, TrainCommand.self, DistillCommand.self, BenchCommand.self,
            ProfileCommand.self, LoadCommand.self, TuneCommand.self, PullCommand.self, ModelsCommand.self,
            DeployCommand.self, RolloutCommand.self, RouteCommand.self, ServeCommand.self, WorkerCommand.self,
            TrialsCommand.self,
        ])

    /// Errors read `error: …`, as compilers write them.
    static let _errorLabel = "error"

    static func main() async {
        // A reader that has gone or a file at its limit is an error of `write`, so that clean-up still happens.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        Interrupts.install()
        ChildCommand.endWithParent()
        do {
            var command = try await asyncParseAsRoot()
            try InstructionSet.checkEnvironment()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch is Interruption {
            Foundation.exit(Interrupts.exitCode)
        } catch is BrokenPipe {
            Foundation.exit(128 + SIGPIPE)
        } catch {
            exit(withError: error)
        }
    }
}
