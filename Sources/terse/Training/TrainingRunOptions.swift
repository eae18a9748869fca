import ArgumentParser
import TerseJSON
import TerseTensor
import TerseTraining

/// What commands that train have in common: a recipe, a folder, and how the run goes.
struct TrainingRunOptions: ParsableArguments {
    @Argument(help: "The recipe, a YAML file (docs/training.md).")
    var recipe: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "RUN"))
    var output: String

    @Flag(help: "Go on with the run that is in the folder.")
    var resume = false

    @Flag(help: "Print the last line of the log when the run ends.")
    var json = false

    @OptionGroup var compute: ThreadOptions

    /// What a run that the user stopped ends with, at any moment of it.
    private func stopped(_ display: TrainingDisplay) -> Interruption {
        display.finish()
        display.abandon()
        StandardError.writeLine("stopped; go on with --resume")
        return Interruption()
    }

    /// Prepares a run or goes on with it, trains, and writes the model.
    func run(_ recipe: TrainingRecipe) throws {
        let display = TrainingDisplay()
        do {
            guard
                let run = try TrainingRun.prepare(
                    recipe, folder: output, resumes: resume, team: ThreadTeam(threads: compute.threads),
                    report: display.show)
            else { throw stopped(display) }
            display.begin(run)
            let end = try run.train(report: display.show)
            guard end == .complete else { throw stopped(display) }
            display.finish()
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
