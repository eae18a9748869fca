import TerseModel

/// Embeddings of prompts.
extension EngineCore {
    /// Whether the hidden states of a work's tokens are wanted rather than a choice: until the prompt's embedding was told.
    func isPooled(_ work: StepPlan.Work) -> Bool {
        guard let request = served[work.id]?.request, request.embedsPrompt else { return false }
        return work.positions.lowerBound < request.prompt.count
    }

    /// Adds up hidden states, and ends requests whose prompts are in.
    /// - Returns: the outputs that were used.
    func pool(_ works: [StepPlan.Work], at now: Duration, _ emit: Emit) -> Int {
        var output = 0
        for work in works {
            defer { output += work.positions.count }
            guard let run = served[work.id]?.run else { continue }
            let width = runner.model.configuration.hiddenSize
            let states = UnsafeBufferPointer(start: runner.hidden(output), count: work.positions.count * width)
            run.pool.add(states, width: width, from: work.positions.lowerBound)
            guard work.choosesNext else { continue }
            run.promptIsIn(at: now)
            guard let direction = run.pool.direction else {
                fail(
                    work.id,
                    EngineError(.notFinite, "no embedding: the model's final hidden states are not finite numbers"),
                    emit)
                continue
            }
            emit(work.id, .success(.embedding(direction)))
            finish(work.id, .maxTokens, at: now, emit)
        }
        return output
    }
}
