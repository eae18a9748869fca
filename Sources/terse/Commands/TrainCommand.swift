import ArgumentParser
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

    @OptionGroup var options: TrainingRunOptions

    func run() throws {
        let recipe = try TrainingRecipe.open(options.recipe)
        guard recipe.distillation == nil else {
            throw CommandError("\(options.recipe): distillation: a recipe with a teacher is for terse distill")
        }
        try options.run(recipe)
    }
}
