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
        do { try sample(&tokens, seed: seed) } catch let error as ModelError {
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
        var options = RunnerOptions()
        options.maxRows = max(promptTokens, windows)
        options.contextLength = length
        options.sequenceCount = windows
        options.maxLogitRows = 1
        let file = try ModelExport(model.shape, model.parameters).liveModel(team: model.team)
        let runner = try ModelRunner(Model(file, packing: .none), team: model.team, options: options)
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
