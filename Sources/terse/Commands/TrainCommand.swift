import ArgumentParser
import Foundation
import TerseFormats
import TerseJSON
import TerseTensor
import TerseTraining

/// `terse train`: a model from text, by a recipe.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model from text by a recipe.",
        discussion: """
            RUN is a folder for the tokens, checkpoints, log (log.jsonl), report (report.html) and model (model.gguf) of the run. Ctrl-C writes a
            checkpoint and stops; after that, or after a kill, --resume goes on from the newest checkpoint to the same
            weights as if nothing had happened.

            Examples:
              terse train recipe.yaml --output runs/first
              terse train recipe.yaml --output runs/first --resume
            """)

    @Argument(help: "The recipe, a YAML file (docs/training.md).")
    var recipe: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "RUN"))
    var output: String

    @Flag(help: "Go on with the run that is in the folder.")
    var resume = false

    @Flag(help: "Print the last line of the log when the run ends.")
    var json = false

    @OptionGroup var compute: ThreadOptions

    func run() throws {
        let recipe = try TrainingRecipe.open(recipe)
        let display = TrainingDisplay()
        do {
            guard
                let run = try TrainingRun.prepare(
                    recipe, folder: output, resumes: resume, team: ThreadTeam(threads: compute.threads),
                    report: display.show)
            else { throw Interruption() }
            display.begin(run)
            let end = try run.train(report: display.show)
            display.finish()
            guard end == .complete else {
                StandardError.writeLine("stopped; go on with --resume")
                throw Interruption()
            }
            let (path, notices) = try run.export()
            for notice in notices { StandardError.writeLine(notice.printable) }
            StandardError.writeLine("wrote \(path.printable)")
            if json, let last = run.lastEntry { try StandardOutput.writeLine(last.json.serialized()) }
        } catch {
            display.abandon()
            throw error
        }
    }
}

/// Shows how a training run goes.
private final class TrainingDisplay {
    private var tokenizing: ProgressBar?
    private var training: ProgressBar?

    /// Tells what kind of run it is.
    func begin(_ run: TrainingRun) {
        tokenizing?.finish()
        let memory = Quantity.bytes(run.memoryBytes)
        StandardError.writeLine(
            "\(run.recipe.name): \(run.weightCount) weights, \(run.stepCount) steps of \(run.recipe.tokensPerStep) tokens, \(run.windowsPerEpoch) windows an epoch, \(memory)"
        )
        training = ProgressBar("training", total: run.stepCount, unit: .items("steps"))
    }

    /// False when the user asked to stop.
    func show(_ event: TrainingRun.Event) -> Bool {
        switch event {
        case .tokenizing(let bytes, let total):
            if tokenizing == nil { tokenizing = ProgressBar("tokenising", total: total, unit: .bytes) }
            tokenizing?.report(bytes, of: total)
        case .stepped(let entry, let total):
            var detail = "loss \(Quantity.figures(entry.loss))  \(Int(entry.tokensPerSecond)) tokens/s"
            if let heldOut = entry.heldOut {
                lastHeldOut = "  held out \(Quantity.figures(heldOut.bitsPerByte)) bits per byte"
            }
            detail += lastHeldOut
            if let utilization = entry.utilization { detail += "  MFU \(Int(100 * utilization)) %" }
            training?.report(entry.step, of: total, detail: detail)
        case .resumed(let path, let step): StandardError.writeLine("resumed at step \(step) from \(path.printable)")
        case .kept: break
        }
        return !Interrupts.requested
    }

    private var lastHeldOut = ""

    func finish() { training?.finish() }

    func abandon() {
        tokenizing?.abandon()
        training?.abandon()
    }
}
