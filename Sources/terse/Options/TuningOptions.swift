import ArgumentParser
import TerseTensor

/// Where threads run, and whether what `terse tune` found counts.
struct TuningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The processors that compute threads run on, such as 0-3,8 (default: wherever the system likes). On isolated ones "
                + "each thread has its own.", valueName: "LIST"))
    var processors: ProcessorList?

    @Flag(
        name: .customLong("no-tuning"),
        help: "Ignore what terse tune found for the model on this host.")
    var withoutTuning = false

    func validate() throws {
        guard let processors, !ThreadPlacement(processors).isPossible else { return }
        let reach = ProcessorList.inReach?.description ?? "none"
        throw ValidationError("--processors \(processors): expected processors that this process may use, \(reach)")
    }

    /// What another process is told of them.
    var arguments: [String] {
        (withoutTuning ? ["--no-tuning"] : []) + (processors.map { ["--processors", $0.description] } ?? [])
    }
}

extension ProcessorList: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
