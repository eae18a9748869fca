import ArgumentParser
import Foundation
import Logging
import TerseEngine
import TerseFormats
import TerseModel
import TerseProfiling
import TerseServer

/// `terse worker`: the process behind `terse serve` that holds one model.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Serves one model at a Unix socket, for `terse serve`, which starts it.",
        discussion: """
            Ends when its standard input does.

            Example:
              terse worker Models/stories260K.gguf --name stories --socket /tmp/stories.sock
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var engine: EngineArguments
    @OptionGroup var log: LogOptions

    @Option(help: ArgumentHelp("The socket to listen at.", valueName: "PATH"))
    var socket: String

    @Option(help: ArgumentHelp("What clients call the model.", valueName: "NAME"))
    var name: String

    @Option(help: ArgumentHelp("Seconds that requests under way have when the server ends.", valueName: "S"))
    var drain = 30

    func run() async throws {
        var limits = ConnectionLimits()
        limits.drainTimeout = .seconds(drain)
        // A little later than it should have ended by itself.
        let endWanted = ParentWatch.start(timeout: limits.shutdownTimeout + .seconds(2))
        let logger = log.logger("worker")
        let served: ServedModel
        do { served = try openModel(logger) } catch {
            try? StandardOutput.writeLine(ServedModel.failureLine(Terse.message(for: error)))
            throw error
        }
        if let problem = served.packingProblem {
            logger.warning("packed weights take memory of their own", metadata: ["reason": "\(problem)"])
        }
        if let problem = served.contextProblem { logger.warning("\(problem)", metadata: ["model": "\(name)"]) }
        let worker = Worker(served, limits: limits, logger: logger)
        try await worker.run(socket: socket, until: endWanted) { try? StandardOutput.writeLine(served.readyLine) }
    }

    /// What was tuned with more memory must not keep a model from being served.
    private func openModel(_ logger: Logger) throws -> ServedModel {
        let file = try model.open()
        let tuned = TunedStart(file, given: engine.given, engine.tuning)
        tuned.log(logger, model: name)
        do {
            return try serve(file, tuned.options)
        } catch let error as EngineError where error.code == .model && tuned.options.changeCount > 0 {
            logger.warning(
                "cannot start with tuned options, starts without", metadata: ["reason": "\(error.message)"])
            return try serve(file, TunedOptions())
        }
    }

    private func serve(_ file: ModelFile, _ tuned: TunedOptions) throws -> ServedModel {
        try ServedModel(
            name: name, file: file, draft: try engine.draft.path.map { try model.reading.packing.open($0) },
            packing: try Packing.standard, options: engine.options(tuned))
    }
}
