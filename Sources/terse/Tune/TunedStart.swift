import Foundation
import Logging
import TerseFormats
import TerseProfiling
import TerseTensor

/// What `terse tune` found for a model on this host, as far as it counts for a process that is about to run it.
struct TunedStart {
    let finding: TuningStore.Finding
    /// What counts of it.
    private(set) var options = TunedOptions()
    /// What was given and counts in its place.
    let given: TunedOptions
    /// Processors that the system does not let this process choose, as under some service managers.
    private(set) var refusedProcessors: ProcessorList?

    /// Looks for it, and settles the instruction set of this process: nothing may have been computed yet.
    /// - Parameter given: by the user.
    init(_ file: ModelFile, given: TunedOptions, _ wanted: TuningOptions) {
        self.given = given
        guard !wanted.withoutTuning, let shape = try? ModelShape(file) else {
            finding = .none
            return
        }
        finding = TuningStore(home: HomeOption.standardDirectory).find(
            shape, on: .current, by: ProgramIdentity(version: Terse.programVersion), reach: .inReach)
        guard case .usable(let record, _) = finding else { return }
        options = record.options.yielding(to: given)
        if let processors = options.processors, !ThreadPlacement(processors).isPossible {
            refusedProcessors = processors
            (options.threads, options.processors) = (nil, nil)
        }
        let isForced = ProcessInfo.processInfo.environment[InstructionSet.environmentVariable]?.isEmpty == false
        if isForced || options.instructionSet?.prefer() == false { options.instructionSet = nil }
    }

    /// Goes on without what is for many requests at once.
    mutating func keepForOneSequence() { (options.stepTokens, options.runningMax) = (nil, nil) }

    /// Says what counts and whence, or why nothing does.
    func log(_ logger: Logger, model: String) {
        var details: Logger.Metadata = ["model": "\(model)"]
        switch finding {
        case .none: break
        case .usable(let record, let path):
            details["from"] = "\(path)"
            details["gain"] = "\(record.gainText)"
            if given.changeCount > 0 { details["given"] = "\(given.text)" }
            if let refusedProcessors { details["refused_by_the_system"] = "processors \(refusedProcessors)" }
            guard options.changeCount > 0 else {
                let message: Logger.Message =
                    record.options.changeCount == 0
                    ? "tuned: the defaults are the fastest that was found"
                    : "options that were given count, none that was tuned"
                return logger.info(message, metadata: details)
            }
            details["options"] = "\(options.text)"
            logger.info("tuned options are in force", metadata: details)
        case .outdated(let reason, let path):
            details["from"] = "\(path)"
            details["reason"] = "\(reason)"
            logger.notice("a tuning is not used", metadata: details)
        case .damaged(let reason, let path):
            details["from"] = "\(path)"
            details["reason"] = "\(reason)"
            logger.warning("a tuning is damaged and not used", metadata: details)
        }
    }

    /// The same on the terminal: what counts, and what is wrong.
    func note() {
        switch finding {
        case .usable where options.changeCount > 0: StandardError.writeLine("note: tuned options: \(options.text)")
        case .damaged(let reason, let path):
            StandardError.writeLine(
                "note: \(path.printable): a tuning that is damaged and not used: \(reason.printable)")
        default: break
        }
    }
}
