import ArgumentParser
import TerseEvaluation
import TerseModel
import TerseTensor
import TerseTokenizer

/// What every measurement of quality takes: how to hold keys and values, and threads.
struct EvaluationOptions: ParsableArguments {
    @Option(name: .customLong("kv"), help: "How keys and values are held: f16, or int8 in half the memory.")
    var kvType = KVType.f16

    @OptionGroup var budget: MemoryOption
    @OptionGroup var compute: ThreadOptions

    /// Takes the memory to evaluate sequences of this length; nil: the model's context, within the usual limit.
    /// - Parameters:
    ///   - companion: another model that is evaluated beside this one and shares the threads and the budget.
    ///   - kvType: how it holds keys and values, if not as `--kv` says.
    func model(
        _ model: Model, _ tokenizer: Tokenizer?, contextLength: Int?, beside companion: EvaluationModel? = nil,
        kvType: KVType? = nil
    ) throws -> EvaluationModel {
        var options = RunnerOptions()
        options.contextLength = contextLength
        options.kvType = kvType ?? self.kvType
        options.memoryBudgetBytes = budget.memory.map { max($0.bytes - (companion?.runner.plan.totalBytes ?? 0), 0) }
        let team = companion?.runner.team ?? ThreadTeam(threads: compute.threads)
        return try EvaluationModel(
            runner: ModelRunner(model, team: team, options: options), tokenizer: tokenizer)
    }

    /// Runs a measurement with a progress bar, and until Ctrl-C.
    func follow<Result>(
        _ title: String, unit: String, _ body: (@escaping EvaluationProgress.Handler) throws -> Result
    ) throws -> Result {
        try ProgressBar.during(title, unit: .items(unit)) { report in
            try body { report($0.done, $0.total) }
        }
    }
}
