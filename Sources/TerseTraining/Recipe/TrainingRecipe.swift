import Foundation
import TerseConfiguration
import TerseFormats
import TerseModel
import TerseTensor
import TerseTokenizer

/// Where weights come from: those that a run starts with, or its teacher's.
public struct WeightSource: Sendable, Equatable {
    /// A run's folder, a checkpoint or a model.
    public var path: String
    /// As the recipe has it.
    public var name: String
}

/// All that decides what a training run does, read from a YAML file and never changed.
public struct TrainingRecipe: Sendable, Equatable {
    /// Texts, a path each: files or directories.
    public struct Data: Sendable, Equatable {
        public var training: [String]
        /// Texts to evaluate on; empty: documents are drawn from those of `training`.
        public var heldOut: [String]
        /// How much of the tokens the drawn documents have.
        public var heldOutFraction: Double
    }

    /// What is done in a step, and how many there are.
    public struct Work: Sendable, Equatable {
        /// Tokens to learn from; the last step may go beyond.
        public var tokens: Int
        /// Windows of a step, and those that go through the model at once.
        public var windowsPerStep: Int
        public var windowsAtOnce: Int
        /// Tokens of a window.
        public var windowTokens: Int
        public var seed: UInt64
        /// Keeps less memory and computes more.
        public var recomputes: Bool
        /// On the square of log Σ exp of the logits.
        public var zLoss: Double
        /// Of products.
        public var precision: TrainingPrecision
    }

    /// How often a run is evaluated and kept.
    public struct Upkeep: Sendable, Equatable {
        public var evaluatedEverySteps: Int
        public var evaluatedWindows: Int
        public var checkpointEvery: Duration
        /// Beside `checkpointEvery`; nil: by time alone.
        public var checkpointEverySteps: Int?
        public var checkpointsKept: Int
        public var loggedEverySteps: Int
    }

    public var name: String
    /// What the model is for and what it cannot do, and under which licence it may be used; both travel in its file.
    public var description: String?
    public var license: String?
    /// Nil: weights are drawn anew.
    public var start: WeightSource?
    /// Its vocabulary's size is that of the tokenizer, once it is known.
    public var shape: ModelShape
    public var tokenizer: String
    public var data: Data
    public var work: Work
    public var optimizer: OptimizerSettings
    public var course: Schedule.Course
    public var warmUpSteps: Int
    public var floor: Double
    public var upkeep: Upkeep
    /// Nil: there is no teacher.
    public var distillation: DistillationSettings?

    /// Reads the recipe at `path`. Paths in it are relative to its folder.
    /// - Throws: `TrainingError` (`invalid`) naming the file, the line, the key, and what was expected and found.
    public static func open(_ path: String) throws(TrainingError) -> TrainingRecipe {
        do {
            let folder = URL(filePath: path).deletingLastPathComponent().relativePath
            return try RecipeReader(folder: folder).read(ConfigurationFile.open(path))
        } catch let error as ConfigurationError {
            throw TrainingError(.invalid, error.message)
        } catch let error as TrainingError {
            throw TrainingError(error.code, "\(path): \(error.message)")
        } catch {
            throw TrainingError(.invalid, "\(path): \(error)")
        }
    }

    /// The recipe with the size of its tokenizer's vocabulary, checked, and the tokenizer.
    /// - Throws: `TrainingError`: `mismatch` for the tokenizer's file, `invalid` for the shape.
    func withTokenizer() throws(TrainingError) -> (recipe: TrainingRecipe, definition: TokenizerDefinition) {
        let definition: TokenizerDefinition
        do { definition = try TokenizerFile.open(tokenizer) } catch {
            throw TrainingError(.mismatch, error.message)
        }
        var recipe = self
        recipe.shape.vocabularySize = definition.tokens.count
        try recipe.shape.validate()
        return (recipe, definition)
    }

    /// Tokens of a step.
    public var tokensPerStep: Int { work.windowsPerStep * work.windowTokens }

    /// Steps of the run.
    public var stepCount: Int { work.tokens.pieces(of: tokensPerStep) }

    /// The schedule of the run.
    public func schedule() throws(TrainingError) -> Schedule {
        try Schedule(course, stepCount: stepCount, warmUpSteps: warmUpSteps, floor: floor)
    }
}
