import TerseModel
import TerseTensor

/// How probable a model finds tokens that are given.
extension EngineCore {
    /// Whether the logits of a work's tokens are wanted to score those that follow them.
    func isScored(_ work: StepPlan.Work) -> Bool {
        guard let request = served[work.id]?.request, let first = request.scoresFrom else { return false }
        return work.positions.upperBound >= first
    }

    /// Adds up logarithmic probabilities, and ends requests whose prompts are in.
    /// - Returns: the first output behind those that were used.
    func score(_ works: [StepPlan.Work], firstOutput: Int, at now: Duration, _ emit: Emit) -> Int {
        let vocabulary = runner.model.configuration.vocabularySize
        var rows = LogitRows(first: firstOutput, greatest: nil)
        var output = firstOutput
        for work in works {
            output += work.positions.count
            let run = served[work.id]?.run
            for position in work.positions {
                run?.score(UnsafeBufferPointer(rows.next(width: vocabulary, of: runner)), at: position)
            }
            guard let run, work.choosesNext else { continue }
            run.promptIsIn(at: now)
            guard run.scores.score.mean.isFinite else {
                fail(work.id, EngineError(.notFinite, "no score: the model's logits are not finite numbers"), emit)
                continue
            }
            emit(work.id, .success(.score(run.scores.score)))
            finish(work.id, .maxTokens, at: now, emit)
        }
        return output
    }
}

extension GenerationRun {
    /// Scores the token behind a position by the logits there, [vocabulary], if that is wanted.
    func score(_ logits: UnsafeBufferPointer<Float>, at position: Int) {
        let target = position + 1
        guard let first = request.scoresFrom, target >= first, target < request.prompt.count,
            let base = logits.baseAddress
        else { return }
        // A request that lost its blocks begins anew.
        if target == first { scores = ScoreSum() }
        let logit = Double(logits[Int(request.prompt[target])])
        scores.add(
            logit - VectorMath.logSumExp(base, count: logits.count),
            isGreatest: logits[Int(request.prompt[target])] >= VectorMath.maximum(base, count: logits.count))
    }
}

/// What is added up of a text's tokens.
struct ScoreSum {
    private var sum = 0.0
    private var (count, greatestCount) = (0, 0)

    /// - Parameter isGreatest: whether no token is more probable.
    mutating func add(_ value: Double, isGreatest: Bool) {
        (sum, count) = (sum + value, count + 1)
        if isGreatest { greatestCount += 1 }
    }

    /// Not a number for none.
    var score: TextScore {
        TextScore(mean: sum / Double(count), agreement: Double(greatestCount) / Double(count))
    }
}
