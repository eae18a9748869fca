import TerseModel
import TerseTokenizer

/// A model under evaluation: a runner with one sequence, and the tokenizer.
///
/// Belongs to one thread.
public final class EvaluationModel {
    /// The model's own runner.
    public let runner: ModelRunner
    /// Nil where only tokens are evaluated.
    public let tokenizer: Tokenizer?
    let batch: ForwardBatch
    let sequence: KVSequence

    /// Takes a sequence of the runner's full context.
    /// - Throws: `EvaluationError` (`model`) when there is no memory for its tokens.
    public init(runner: ModelRunner, tokenizer: Tokenizer?) throws(EvaluationError) {
        self.runner = runner
        self.tokenizer = tokenizer
        do {
            batch = try runner.makeBatch()
            sequence = try runner.makeSequence()
        } catch {
            throw EvaluationError(.model, error.message)
        }
    }

    var vocabularySize: Int { runner.model.configuration.vocabularySize }
    var contextLength: Int { runner.plan.contextLength }

    /// The token that begins every text, when this tokenizer adds one.
    var beginning: Int32? {
        guard let definition = tokenizer?.definition, definition.addsBOS else { return nil }
        return definition.special.bos
    }

    /// Appends `tokens` to the sequence, which must have room, in chunks of the batch's size; calls `body` after each
    /// chunk with the tokens that its outputs stand for.
    func run(
        _ tokens: some RandomAccessCollection<Int32>, outputs: ForwardBatch.Outputs,
        _ body: (_ chunk: Range<Int>) throws(EvaluationError) -> Void = { (_) in }
    ) throws(EvaluationError) {
        var start = 0
        while start < tokens.count {
            let end = min(start + batch.maxRows, tokens.count)
            let chunk = tokens.dropFirst(start).prefix(end - start)
            do {
                try batch.append(chunk, to: sequence, outputs: outputs)
            } catch {
                throw EvaluationError(error.code == .badRequest ? .badRequest : .model, error.message)
            }
            runner.forward(batch)
            try body(start..<end)
            start = end
        }
    }

    /// Scores of `targets`, which followed the outputs.
    func score(
        _ targets: some Collection<Int32>, _ body: (_ logProbability: Double) -> Void
    ) throws(EvaluationError) {
        do {
            try runner.score(targets, body)
        } catch {
            throw EvaluationError(.model, error.message)
        }
    }
}
