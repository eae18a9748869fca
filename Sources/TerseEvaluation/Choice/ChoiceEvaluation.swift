import TerseModel
import TerseTokenizer

/// Multiple choice by the probability of each answer after the question, as lm-evaluation-harness scores it.
public struct ChoiceEvaluation: Sendable {
    /// The most items to ask; nil: all.
    public var itemCountMax: Int?

    public init(itemCountMax: Int? = nil) { self.itemCountMax = itemCountMax }

    /// Asks every item. What the answers of an item have in common is computed once.
    /// - Throws: `EvaluationError`: `badRequest` without a tokenizer; `badData` without items, or for an answer that has no
    ///   tokens, with its place; `model`; `cancelled`.
    public func measure(
        _ items: [ChoiceItem], with model: EvaluationModel, progress: EvaluationProgress.Handler = { _ in true }
    ) throws(EvaluationError) -> ChoiceResult {
        guard let tokenizer = model.tokenizer else {
            throw EvaluationError(
                .badRequest, "\(model.runner.model.path): multiple choice needs a tokenizer, found none")
        }
        let items = items.prefix(itemCountMax ?? items.count)
        guard !items.isEmpty else { throw EvaluationError(.badData, "there are no items") }
        var (plain, normalized) = (RunningMean(), RunningMean())
        for (index, item) in items.enumerated() {
            let sums: [Double]
            do { sums = try logProbabilities(of: item, tokenizer, model) } catch {
                throw EvaluationError(error.code, "\(item.place): \(error.message)")
            }
            plain.add(Self.greatest(sums) == item.answer ? 1 : 0)
            let perCharacter = zip(sums, item.choices).map { sum, choice in
                sum / Double(max(choice.unicodeScalars.count, 1))
            }
            normalized.add(Self.greatest(perCharacter) == item.answer ? 1 : 0)
            guard progress(EvaluationProgress(done: index + 1, total: items.count, current: normalized.mean)) else {
                throw EvaluationError(.cancelled, "cancelled after \(index + 1) of \(items.count) items")
            }
        }
        return ChoiceResult(
            accuracy: plain.mean, accuracyStandardError: plain.standardError, normalizedAccuracy: normalized.mean,
            normalizedAccuracyStandardError: normalized.standardError, items: plain.count)
    }

    /// The logarithmic probability of each answer.
    func logProbabilities(
        of item: ChoiceItem, _ tokenizer: Tokenizer, _ model: EvaluationModel
    ) throws(EvaluationError) -> [Double] {
        var answers: [Answer] = []
        for choice in item.choices.indices {
            answers.append(try answer(choice, of: item, tokenizer, longest: model.contextLength))
        }
        // The last context token's output scores the answer's first token, so it is run with the answer.
        var shared = (answers.map(\.contextCount).min() ?? 1) - 1
        for answer in answers {
            let common = zip(answers[0].tokens, answer.tokens).prefix { $0 == $1 }.count
            shared = min(shared, common)
        }
        shared = max(shared, 0)
        model.sequence.truncate(to: 0)
        try model.run(answers[0].tokens.prefix(shared), outputs: .none)
        var sums: [Double] = []
        for answer in answers {
            model.sequence.truncate(to: shared)
            let first = answer.contextCount
            try model.run(answer.tokens[shared..<first - 1], outputs: .none)
            let scored = answer.tokens[first...]
            var sum = 0.0
            try model.run(answer.tokens[(first - 1)...].dropLast(), outputs: .all) { (chunk) throws(EvaluationError) in
                let targets = scored.dropFirst(chunk.lowerBound).prefix(chunk.count)
                try model.score(targets) { sum += $0 }
            }
            sums.append(sum)
        }
        return sums
    }

    /// Context and answer in tokens; at least one of each.
    private struct Answer {
        var tokens: [Int32]
        /// Where the answer begins.
        var contextCount: Int
    }

    /// The harness's boundary: the whole is encoded, and the answer is what is left after as many tokens as the context
    /// alone has; spaces at the context's end belong to the answer. What is too long loses its beginning.
    private func answer(
        _ choice: Int, of item: ChoiceItem, _ tokenizer: Tokenizer, longest: Int
    ) throws(EvaluationError) -> Answer {
        let trimmed = item.context.unicodeScalars.reversed().drop { $0.properties.isWhitespace }
        let head = String(String.UnicodeScalarView(trimmed.reversed()))
        let addsBeginning = tokenizer.definition.addsBOS
        func encode(_ text: String) -> [Int32] { tokenizer.encode(text, forceBOS: addsBeginning) }
        var tokens = encode(item.context + " " + item.choices[choice])
        var count = min(encode(head).count, tokens.count - 1)
        if count == 0, let beginning = tokenizer.bosID ?? tokenizer.eosID {
            tokens.insert(beginning, at: 0)
            count = 1
        }
        guard count > 0 else {
            let found = tokens.count < 2 ? "\(tokens.count) in all" : "none of context"
            throw EvaluationError(
                .badData,
                "choice \(choice + 1) of \(item.choices.count), \"\(item.choices[choice].prefix(40))\": expected at least a "
                    + "token of context and one of answer, found \(found)")
        }
        let excess = max(tokens.count - 1 - longest, 0)
        return Answer(tokens: Array(tokens.dropFirst(excess)), contextCount: max(count - excess, 1))
    }

    /// The first index of the greatest.
    private static func greatest(_ values: [Double]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
}
