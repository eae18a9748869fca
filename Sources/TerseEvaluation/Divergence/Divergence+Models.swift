import TerseModel

extension Divergence {
    /// Compares the predictions of two models for every token of a text, in `Perplexity`'s sliding windows of `window`
    /// tokens, half a window apart.
    ///
    /// - Parameter windowCountMax: the most windows to run; nil: all.
    /// - Throws: `EvaluationError`: `mismatch` when the models' vocabularies differ or they cut the text into other
    ///   tokens; `badRequest` for a window longer than a model's context or a model without a tokenizer; `tooShort`;
    ///   `model`; `cancelled`.
    public static func between(
        reference: EvaluationModel, other: EvaluationModel, text: String, window: Int, windowCountMax: Int? = nil,
        progress: EvaluationProgress.Handler = { _ in true }
    ) throws(EvaluationError) -> Divergence {
        let tokens = try tokens(of: text, reference, other)
        let longest = min(reference.contextLength, other.contextLength)
        guard (Perplexity.windowMin...max(longest, Perplexity.windowMin)).contains(window) else {
            throw EvaluationError(
                .badRequest, "window: expected \(Perplexity.windowMin)…\(longest) tokens, found \(window)")
        }
        let beginning = reference.beginning
        let windows = TextWindow.sliding(
            count: tokens.count, size: window, stride: window / 2, hasBeginning: beginning != nil
        ).prefix(max(windowCountMax ?? .max, 1))
        guard !windows.isEmpty else {
            throw EvaluationError(.tooShort, "the text has \(tokens.count) tokens, too few to predict one")
        }
        var measure = DivergenceMeasure()
        var fed: [Int32] = []
        for (index, window) in windows.enumerated() {
            let first = window.fill(&fed, from: tokens, beginning: beginning)
            do {
                // Each output predicts the token after it, so the last token is not fed.
                try add(fed.dropLast(), from: first - 1, reference, other, &measure)
            } catch {
                throw EvaluationError(error.code, "window \(index + 1) of \(windows.count): \(error.message)")
            }
            measure.endPart()
            guard progress(EvaluationProgress(done: index + 1, total: windows.count, current: measure.current)) else {
                throw EvaluationError(.cancelled, "cancelled after \(index + 1) of \(windows.count) windows")
            }
        }
        return measure.result
    }

    /// The tokens that both models find in a text.
    private static func tokens(
        of text: String, _ reference: EvaluationModel, _ other: EvaluationModel
    ) throws(EvaluationError) -> [Int32] {
        let names = (reference.runner.model.path, other.runner.model.path)
        guard reference.vocabularySize == other.vocabularySize else {
            throw EvaluationError(
                .mismatch, "\(names.0) has \(reference.vocabularySize) tokens, \(names.1) \(other.vocabularySize)")
        }
        guard let left = reference.tokenizer, let right = other.tokenizer else {
            let name = reference.tokenizer == nil ? names.0 : names.1
            throw EvaluationError(.badRequest, "\(name): divergence over a text needs a tokenizer, found none")
        }
        let tokens = left.encode(text)
        guard tokens == right.encode(text), reference.beginning == other.beginning else {
            throw EvaluationError(.mismatch, "\(names.0) and \(names.1) cut the text into different tokens")
        }
        return tokens
    }

    /// Runs `tokens` through both models and adds what they predict from position `first` on.
    private static func add(
        _ tokens: ArraySlice<Int32>, from first: Int, _ reference: EvaluationModel, _ other: EvaluationModel,
        _ measure: inout DivergenceMeasure
    ) throws(EvaluationError) {
        for model in [reference, other] {
            model.sequence.truncate(to: 0)
            try model.run(tokens.prefix(first), outputs: .none)
        }
        let rows = min(reference.batch.maxRows, other.batch.maxRows)
        let step = min(reference.runner.head.maxRows, other.runner.head.maxRows)
        let vocabulary = reference.vocabularySize
        var rest = tokens.dropFirst(first)
        while !rest.isEmpty {
            let chunk = rest.prefix(rows)
            rest = rest.dropFirst(chunk.count)
            try reference.run(chunk, outputs: .all)
            try other.run(chunk, outputs: .all)
            for output in stride(from: 0, to: chunk.count, by: step) {
                let count = min(step, chunk.count - output)
                let left = UnsafeBufferPointer(reference.runner.logits(first: output, count: count))
                let right = UnsafeBufferPointer(other.runner.logits(first: output, count: count))
                for start in stride(from: 0, to: count * vocabulary, by: vocabulary) {
                    let row = start..<start + vocabulary
                    try measure.add(.init(rebasing: left[row]), .init(rebasing: right[row]))
                }
            }
        }
    }
}
