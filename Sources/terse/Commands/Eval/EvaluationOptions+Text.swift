import TerseEvaluation
import TerseModel

/// What the commands say of the texts that models are evaluated on.
extension EvaluationOptions {
    /// Says that texts are longer than those that models were trained with.
    func noteContext(_ contextLength: Int?, of models: Model...) {
        let problems = models.compactMap { RunnerOptions.contextProblem(contextLength, for: $0.configuration) }
        // Of models that are alike, once.
        for problem in Set(problems).sorted() { StandardError.writeLine("note: \(problem)") }
    }

    /// Runs a measurement on the text of `file` in windows. That the text is too short is said of the file.
    func follow<Result>(
        _ title: String, on file: String, _ body: (@escaping EvaluationProgress.Handler) throws -> Result
    ) throws -> Result {
        do {
            return try follow(title, unit: "windows", body)
        } catch let error as EvaluationError where error.code == .tooShort {
            throw CommandError("\(TextInput.name(of: file)): \(error.message)")
        }
    }
}
