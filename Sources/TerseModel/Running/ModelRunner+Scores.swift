import TerseTensor

extension ModelRunner {
    /// The logarithmic probabilities (natural) that outputs give to the tokens that really followed.
    ///
    /// - Parameters:
    ///   - targets: the token after each output, from the first on.
    ///   - body: called for each in order.
    /// - Throws: `ModelError`: `badRequest` for a token outside the vocabulary, `notFinite` when logits are not numbers.
    public func score(
        _ targets: some Collection<Int32>, _ body: (_ logProbability: Double) -> Void
    ) throws(ModelError) {
        let vocabulary = model.configuration.vocabularySize
        var (output, rest) = (0, targets[...])
        func error(_ code: ModelError.Code, _ row: Int, _ message: String) -> ModelError {
            ModelError(code, "output \(output + row): \(message)")
        }
        while !rest.isEmpty {
            let part = rest.prefix(head.maxRows)
            rest = rest.dropFirst(part.count)
            let logits = logits(first: output, count: part.count)
            for (row, target) in part.enumerated() {
                guard target >= 0, Int(target) < vocabulary else {
                    throw error(.badRequest, row, "expected a token from 0 to \(vocabulary - 1), found \(target)")
                }
                let x = UnsafePointer(logits.baseAddress! + row * vocabulary)
                let logProbability = Double(x[Int(target)]) - VectorMath.logSumExp(x, count: vocabulary)
                guard logProbability.isFinite else {
                    throw error(
                        .notFinite, row, "the logarithmic probability of token \(target) is \(logProbability)")
                }
                body(logProbability)
            }
            output += part.count
        }
    }
}
