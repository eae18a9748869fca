import TerseFormats
import TerseModel
import TerseTensor

/// Lets a student go on with the beginnings of windows: text as it would write it, which its teacher then judges.
struct StudentText {
    let model: TrainableModel<Float>
    /// Tokens of each window that stay.
    let promptTokens: Int

    /// Draws every token from the student's own distribution, at temperature 1.
    /// - Parameters:
    ///   - tokens: [B·T]; what follows the prompts is replaced.
    ///   - seed: Equal ones give equal text.
    /// - Throws: `TrainingError`: `system` when there is no memory, `notFinite` when a logit is no number.
    func write(over tokens: inout [Int32], seed: UInt64) throws(TrainingError) {
        try explained { try sample(&tokens, seed: seed) }
    }

    /// Bytes that it takes beside the weights, which are the model's own.
    /// - Throws: `TrainingError` (`invalid`).
    func byteCount() throws(TrainingError) -> Int {
        try explained {
            let plan = try MemoryPlan(runnableModel(), options, threads: model.team.threadCount)
            return plan.kvBytes + plan.scratchBytes
        }
    }

    private var options: RunnerOptions {
        var options = RunnerOptions()
        options.maxRows = max(promptTokens, model.windows)
        options.contextLength = model.tokensPerWindow
        options.sequenceCount = model.windows
        options.maxLogitRows = 1
        return options
    }

    private func runnableModel() throws -> Model {
        try Model(ModelExport(model.shape, model.parameters).liveModel(team: model.team), packing: .none)
    }

    /// What `body` returns; what it throws as a training error.
    private func explained<Result>(_ body: () throws -> Result) throws(TrainingError) -> Result {
        do { return try body() } catch let error as ModelError {
            let code: TrainingError.Code =
                switch error.code {
                case .notFinite: .notFinite
                case .outOfMemory: .system
                default: .invalid
                }
            throw TrainingError(code, "the student's own text: \(error.message)")
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.invalid, "the student's own text: \(error)")
        }
    }

    private func sample(_ tokens: inout [Int32], seed: UInt64) throws {
        let (windows, length) = (model.windows, model.tokensPerWindow)
        let runner = try ModelRunner(runnableModel(), team: model.team, options: options)
        let batch = try runner.makeBatch()
        let sequences = try (0..<windows).map { _ in try runner.makeSequence() }
        var samplers = try (0..<windows).map { window in
            var policy = SamplingPolicy()
            (policy.temperature, policy.topK, policy.topP, policy.minP) = (1, 0, 1, 0)
            var random = RandomSource(seed: seed, stream: UInt64(window))
            policy.seed = random.next()
            return try Sampler(policy, vocabularySize: model.shape.vocabularySize)
        }
        for window in 0..<windows {
            let first = window * length
            try batch.append(tokens[first..<first + promptTokens], to: sequences[window], outputs: .last)
            runner.forward(batch)
            tokens[first + promptTokens] = try runner.sample(0, with: &samplers[window])
        }
        for position in promptTokens + 1..<max(length, promptTokens + 1) {
            for window in 0..<windows {
                let last = window * length + position - 1
                try batch.append(tokens[last...last], to: sequences[window], outputs: .last)
            }
            runner.forward(batch)
            for window in 0..<windows {
                tokens[window * length + position] = try runner.sample(window, with: &samplers[window])
            }
        }
    }
}
