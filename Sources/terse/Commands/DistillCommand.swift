import ArgumentParser
import TerseTraining

/// `terse distill`: a model that learns from another, by a recipe.
struct DistillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distill",
        abstract: "Train a model that learns from another by a recipe.",
        discussion: """
            As terse train, with a teacher that the recipe names: any model that can be run, or another run's checkpoint.
            The student has the teacher's vocabulary and any shape that can be trained.

            Examples:
              terse distill recipe.yaml --output runs/small
              terse distill recipe.yaml --output runs/small --resume
            """)

    @OptionGroup var options: TrainingRunOptions

    func run() throws {
        let recipe = try TrainingRecipe.open(options.recipe)
        guard recipe.distillation != nil else {
            throw CommandError("\(options.recipe): distillation is missing; without a teacher, use terse train")
        }
        try options.run(recipe)
    }
}
