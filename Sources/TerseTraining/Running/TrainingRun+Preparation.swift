import TerseTensor
import TerseTokenizer

/// How a run begins or goes on: what can be wrong is found, and what it needs is made or read.
extension TrainingRun {
    /// Prepares a run: checks the recipe against tokenizer and data, tokenises the text unless that was done, takes the
    /// memory, and has a teacher judge the text where the recipe wants that ahead. Everything that can be wrong is found
    /// here, before hours are spent.
    ///
    /// - Parameters:
    ///   - folder: Is made; if a checkpoint is there already, `resumes` must be set. It may lie among the recipe's texts.
    ///   - resumes: Goes on with the run that was begun in `folder`, from its newest checkpoint if it got as far as one.
    ///   - report: Is told what happens; false stops.
    /// - Returns: Nil when `report` stopped it.
    /// - Throws: `TrainingError`.
    public static func prepare(
        _ recipe: TrainingRecipe, folder: String, resumes: Bool, team: ThreadTeam, report: (Event) -> Bool
    ) throws(TrainingError) -> TrainingRun? {
        let (recipe, definition) = try recipe.withTokenizer()
        guard !resumes || RunLock.wasTaken(folder) else {
            throw TrainingError(.invalid, "\(folder): holds no run to go on with")
        }
        // Before the folder is made, so that a wrong path leaves none.
        var start = resumes ? nil : try startingWeights(recipe, definition)
        let lock = try RunLock(folder)
        let checkpoint = try Checkpoint.newest(in: folder)
        guard resumes || checkpoint == nil else {
            throw TrainingError(
                .invalid,
                "\(folder): a run is there already (\(checkpoint?.path ?? "")); resume it or choose another folder")
        }
        if resumes, checkpoint == nil { start = try startingWeights(recipe, definition) }
        var (teacher, plan): (TeacherModel?, DistillationPlan?)
        if let settings = recipe.distillation {
            let model = try TeacherModel(
                settings.teacher, for: definition, folder: folder, resumes: resumes, team: team)
            (teacher, plan) = (model, model.plan(settings, recipe.shape))
            try plan?.validate(recipe.shape)
        }
        guard let data = try RunData(recipe, definition, teacher, folder: folder, team: team, report: report) else {
            return nil
        }
        try checkpoint?.check(data.identity)
        let run = try TrainingRun(recipe, definition, data, plan, lock, at: checkpoint?.position, team: team)
        try run.checkRequirements()
        if let teacher, let settings = recipe.distillation {
            let asked = try teacher.teacher(
                recipe, settings, stream: data.training, folder: folder, team: team,
                requiring: { bytes throws(TrainingError) in try run.checkRequirements(furtherMemory: bytes) },
                progress: { report(.asking($0, of: $1)) })
            guard let asked else { return nil }
            run.distillation = try Distillation(settings, asked, run.model)
            try run.checkRequirements()
        }
        if let checkpoint {
            try run.restore(checkpoint)
            _ = report(.resumed(checkpoint.path, step: checkpoint.position.step))
        } else {
            run.model.parameters.initialize(seed: recipe.work.seed)
            try start?.read(into: run.model.parameters)
        }
        return run
    }

    /// - Parameter furtherMemory: bytes beside those of the run.
    /// - Throws: `TrainingError` (`system`) when the disk or the machine has no room for the run.
    private func checkRequirements(furtherMemory: Int = 0) throws(TrainingError) {
        let weightBytes = model.parameters.layout.count * MemoryLayout<Float>.size
        let requirements = RunRequirements(
            checkpointBytes: states.reduce(0) { $0 + $1.values.count * MemoryLayout<Float>.size },
            checkpointsKept: recipe.upkeep.checkpointsKept, heldBytes: Checkpoint.heldBytes(in: folder),
            stepsLeft: max(0, schedule.stepCount - position.step),
            modelBytes: weightBytes / 2,  // Matrices are written in F16 at most; the rest is small.
            memoryBytes: memoryBytes + weightBytes + furtherMemory)  // The model that is written is a copy.
        try requirements.check(folder, free: RunRequirements.freeBytes(folder), memory: MemoryBudget.bytes)
    }

    private static func startingWeights(
        _ recipe: TrainingRecipe, _ definition: TokenizerDefinition
    ) throws(TrainingError) -> StartingWeights? {
        guard let path = recipe.start?.path else { return nil }
        return try StartingWeights(path, for: recipe.shape, definition)
    }

    private func restore(_ checkpoint: Checkpoint) throws(TrainingError) {
        try checkpoint.restore(states)
        model.parameters.weightsChanged()
        position = checkpoint.position
        optimizer.stepCount = position.step
    }
}
