import TerseFormats
import TerseTensor

@testable import TerseModel

extension ModelRunner {
    /// Logits of every position of `tokens` in a new sequence, run in chunks of `chunk`. [tokens, vocabulary]
    func logits(of tokens: [Int32], chunk: Int) throws -> [Float] {
        let sequence = try makeSequence()
        let batch = try makeBatch()
        var result: [Float] = []
        for start in stride(from: 0, to: tokens.count, by: chunk) {
            try batch.append(tokens[start..<min(start + chunk, tokens.count)], to: sequence, outputs: .all)
            forward(batch)
            for output in stride(from: 0, to: outputCount, by: head.maxRows) {
                result += logits(first: output, count: min(head.maxRows, outputCount - output))
            }
        }
        return result
    }

    /// `count` tokens chosen greedily after `prompt`, the prompt first.
    func greedy(after prompt: [Int32], count: Int) throws -> [Int32] {
        var sampler = try Sampler(.greedy, vocabularySize: model.configuration.vocabularySize)
        let sequence = try makeSequence()
        let batch = try makeBatch()
        var tokens = prompt
        var next = prompt[...]
        while tokens.count < prompt.count + count {
            try batch.append(next, to: sequence, outputs: .last)
            forward(batch)
            tokens.append(try sample(with: &sampler))
            next = tokens.suffix(1)
        }
        return tokens
    }
}
