import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer

/// A training run in a folder of its own: the tokens, the checkpoints, the log and the report.
///
/// A run that is stopped or killed at any moment goes on from its newest checkpoint and ends with the same weights, bit
/// for bit, as one that was not.
public final class TrainingRun {
    public let recipe: TrainingRecipe
    public let folder: String
    let model: TrainableModel<Float>
    let tokenizer: TokenizerDefinition
    var position = Checkpoint.Position()

    let optimizer: Optimizer<Float>
    let schedule: Schedule
    var distillation: Distillation?
    private let training: TokenStream
    private let evaluation: HeldOutEvaluation?
    private var order: WindowOrder
    private let log: TrainingLog
    private let identity: RunIdentity
    /// Held as long as the run is.
    private let lock: RunLock

    /// What a run tells while it goes on.
    public enum Event: Sendable {
        /// Bytes of the corpus that were tokenised, and its size.
        case tokenizing(Int, of: Int)
        /// Tokens that the teacher has judged ahead, and all of them.
        case asking(Int, of: Int)
        /// A step is complete.
        case stepped(TrainingLogEntry, of: Int)
        /// The run goes on from a checkpoint.
        case resumed(String, step: Int)
    }

    /// Why `train` returned.
    public enum End: Sendable, Equatable {
        case complete
        /// The caller asked to stop; a checkpoint was written.
        case stopped
    }

    /// A run at `position`, whose weights are still zero.
    init(
        _ recipe: TrainingRecipe, _ definition: TokenizerDefinition, _ data: RunData, _ plan: DistillationPlan?,
        _ lock: RunLock, at position: Checkpoint.Position?, team: ThreadTeam
    ) throws(TrainingError) {
        self.recipe = recipe
        self.lock = lock
        self.position = position ?? Checkpoint.Position()
        folder = lock.folder
        tokenizer = definition
        schedule = try recipe.schedule()
        // An epoch has at least a window.
        guard self.position.step <= schedule.stepCount,
            self.position.epoch <= self.position.step * recipe.work.windowsPerStep
        else {
            throw TrainingError(
                .mismatch,
                "\(lock.folder): the newest checkpoint is of step \(self.position.step), epoch "
                    + "\(self.position.epoch); the run has \(schedule.stepCount) steps")
        }
        training = data.training
        identity = data.identity
        order = try WindowOrder(
            streamCount: training.count, windowCount: recipe.work.windowTokens, seed: recipe.work.seed,
            epoch: position?.epoch ?? 0, position: position?.window ?? 0)
        evaluation = try data.evaluation(recipe, definition)
        model = try TrainableModel(
            recipe.shape, windows: recipe.work.windowsAtOnce, tokensPerWindow: recipe.work.windowTokens,
            recomputing: recipe.work.recomputes, distilling: plan, precision: recipe.work.precision,
            team: team)
        optimizer = try Optimizer(
            model.parameters, settings: recipe.optimizer, precision: recipe.work.precision.products, team: team)
        log = try TrainingLog(path: "\(folder)/\(TrainingLog.name)", resumingAfter: position?.step ?? 0)
    }

    /// Steps of the whole run.
    public var stepCount: Int { schedule.stepCount }
    /// Windows of the present epoch.
    public var windowsPerEpoch: Int { order.windowsPerEpoch }
    /// The last line of the log.
    public var lastEntry: TrainingLogEntry? { log.entries.last }
    /// Weights, their gradients and ternary forms, the optimiser's state and activations, a teacher, and what the student
    /// needs to write text.
    public var memoryBytes: Int {
        model.parameters.byteCount + optimizer.byteCount + model.activationBytes
            + (distillation?.byteCount ?? 0)
    }
    /// Weights that are learned.
    public var weightCount: Int { model.parameters.layout.weightCount }

    /// Trains until the recipe's tokens are learned from or `report` says no.
    /// - Throws: `TrainingError`: `notFinite` naming the tensor, `system` when the disk is full. Checkpoints stay.
    public func train(report: (Event) -> Bool) throws(TrainingError) -> End {
        let clock = ContinuousClock()
        let peak = try ProductPeak.measure(recipe.work.precision.products, team: model.team)
        let operations = model.shape.trainingOperations(tokensPerWindow: model.tokensPerWindow)
        var lastKept = clock.now
        var (loggedAt, loggedStep) = (clock.now, position.step)
        while position.step < schedule.stepCount {
            let started = clock.now
            let (losses, step) = try takeStep()
            position.seconds += (clock.now - started) / .seconds(1)
            let isLast = position.step == schedule.stepCount
            let evaluates = isLast || position.step % recipe.upkeep.evaluatedEverySteps == 0
            let interval = max((clock.now - loggedAt) / .seconds(1), 1e-9)
            let speed = Double((position.step - loggedStep) * recipe.tokensPerStep) / interval
            var entry = TrainingLogEntry(
                step: position.step, tokens: position.step * recipe.tokensPerStep, loss: losses.perToken,
                gradientNorm: step.gradientNorm, learningRate: step.rate, tokensPerSecond: speed,
                utilization: speed * operations / peak, seconds: position.seconds)
            entry.distillation = losses.taught
            if evaluates { entry.heldOut = try evaluation?.evaluate(model) }
            if evaluates || position.step % recipe.upkeep.loggedEverySteps == 0 {
                try log.append(entry)
                (loggedAt, loggedStep) = (clock.now, position.step)
            }
            let goesOn = report(.stepped(entry, of: schedule.stepCount))
            let isDue =
                clock.now - lastKept >= recipe.upkeep.checkpointEvery
                || recipe.upkeep.checkpointEverySteps.map { position.step % $0 == 0 } == true
            if isLast || !goesOn || isDue {
                try keep()
                lastKept = clock.now
            }
            guard goesOn else { return .stopped }
        }
        return .complete
    }

    /// Writes the model as it is now into the run's folder, for serving.
    /// - Returns: the file's path, and what the user should know of tensors that could not be written in their type.
    public func export() throws(TrainingError) -> (path: String, notices: [String]) {
        var options = ModelExport.Options()
        options.name = recipe.name
        options.tokenizer = tokenizer
        for (key, value) in [(ModelFile.descriptionKey, recipe.description), (ModelFile.licenseKey, recipe.license)] {
            if let value { options.metadata.append((key, .string(value))) }
        }
        let path = folder + "/model.gguf"
        let report = try ModelExport(model.shape, model.parameters, options: options).write(to: path, team: model.team)
        return (path, report.fallbacks.compactMap(\.fallbackMessage))
    }

    /// What a step's batches lost.
    private struct Losses {
        var nats = 0.0
        /// Tokens that were asked for.
        var scored = 0
        var taught: DistillationMeans?

        /// Nil where the student wrote all of the text itself.
        var perToken: Double? { scored == 0 ? nil : nats / Double(scored) }
    }

    /// One step: gradients of all its windows, then the optimiser.
    private func takeStep() throws(TrainingError) -> (Losses, Optimizer<Float>.Report) {
        let work = recipe.work
        let batches = work.windowsPerStep / work.windowsAtOnce
        let weights = TrainingMath<Float>.LossWeights(
            factor: 1 / Double(recipe.tokensPerStep), zLoss: work.zLoss)
        model.parameters.clearGradients()
        var (losses, taught) = (Losses(), DistillationLosses())
        for index in 0..<batches {
            let starts = (0..<work.windowsAtOnce).map { _ in order.next() }
            var batch = TrainingBatch(training, starts: starts, work.windowsAtOnce, work.windowTokens)
            let lesson = try distillation?.lesson(
                on: &batch, starts: starts, number: position.step * batches + index, seed: work.seed, model)
            let sums = try model.accumulate(
                tokens: batch.tokens, targets: batch.targets, weights: weights, lesson: lesson)
            losses.nats += sums.nats
            losses.scored += batch.targets.count { $0 >= 0 }
            taught += sums.taught
        }
        if let settings = distillation?.settings {
            losses.taught = DistillationMeans(
                taught, settings.weights, tokens: recipe.tokensPerStep, windows: work.windowsPerStep)
        }
        let report = try optimizer.step(
            rateFactor: schedule.rate(at: position.step), decayFactor: schedule.weightDecay(at: position.step))
        position.step += 1
        position.epoch = order.epoch
        position.window = order.position
        return (losses, report)
    }

    /// Writes a checkpoint and the report.
    private func keep() throws(TrainingError) {
        try Checkpoint.write(
            states, of: model.shape, owner: self, position: position, identity: identity, folder: folder,
            keeping: recipe.upkeep.checkpointsKept)
        let html = LossReport(title: recipe.name, entries: log.entries).html
        do { try Data(html.utf8).write(to: URL(filePath: folder + "/report.html"), options: .atomic) } catch {
            throw TrainingError(.system, "\(folder)/report.html: cannot write: \(error.localizedDescription)")
        }
    }

    /// Everything that a step changes.
    var states: [Checkpoint.State] {
        let parameters = model.parameters
        return parameters.layout.parameters.flatMap { parameter in
            let shape = Array(parameter.shape.reversed())
            func state(_ prefix: String, _ values: AlignedBuffer<Float>) -> Checkpoint.State {
                Checkpoint.State(
                    name: prefix + parameter.name, shape: shape,
                    values: UnsafeMutableBufferPointer(start: values.pointer + parameter.offset, count: parameter.count)
                )
            }
            let always = [state("", parameters.weights), state(Checkpoint.statePrefixes[0], optimizer.means)]
            guard optimizer.keepsSquares(of: parameter) else { return always }
            return always + [state(Checkpoint.statePrefixes[1], optimizer.squares)]
        }
    }
}
