import Synchronization
import TerseFormats
import TerseTensor

extension SyntheticModel {
    /// Gives a random model an output head of its own, in Q6_K, in which, as in trained ones, a row stands out: after each
    /// token of some texts that a greedy choice makes, one row has a given cosine with the hidden state, and is the next
    /// token. All other rows are normally distributed.
    ///
    /// - Parameters:
    ///   - firstTokens: of the texts.
    ///   - length: tokens that follow them.
    /// - Throws: `ModelError`: `badRequest` when the texts need more than half of the vocabulary, else what running the
    ///   model throws.
    public static func plantingHead(
        _ cosine: Float, in file: ModelFile, after firstTokens: [Int32], length: Int, team: ThreadTeam
    ) throws(ModelError) -> ModelFile {
        let model = try Model(file)
        let (hidden, vocabulary) = (model.configuration.hiddenSize, model.configuration.vocabularySize)
        let texts = firstTokens.count
        guard texts * length <= vocabulary / 2 else {
            throw ModelError(
                .badRequest, "\(texts) texts of \(length) tokens: a vocabulary of \(vocabulary) is too small")
        }
        let planted = try hiddenStates(of: model, after: firstTokens, length: length, team: team)
        do {
            let size = try Tensor.byteCount(type: .q6K, shape: [hidden, vocabulary])
            let (rowBytes, memory) = (size / vocabulary, try AlignedBuffer<UInt8>(count: size))
            let problem = Mutex<TensorError?>(nil)
            team.run(chunks: vocabulary) { row, _ in
                var random = RandomSource(seed: UInt64(row))
                var weights = (0..<hidden).map { _ in normal(&random) / Float(hidden).squareRoot() }
                if let state = planted[row] { mix(&weights, with: state, cosine) }
                do throws(TensorError) {
                    try BlockCodec.quantize(
                        weights, count: hidden, as: .q6K, into: memory.pointer + row * rowBytes)
                } catch { problem.withLock { $0 = error } }
            }
            if let problem = problem.withLock({ $0 }) { throw problem }
            let bytes = TensorBytes(
                pointer: UnsafeRawPointer(memory.pointer), count: memory.byteCount, owner: memory)
            let head = ModelTensor(
                name: "output.weight", tensor: try Tensor(type: .q6K, shape: [hidden, vocabulary], bytes: bytes))
            return try ModelFile(
                path: file.path, format: file.format, metadata: file.metadata,
                tensors: file.tensors.filter { $0.name != head.name } + [head])
        } catch { throw ModelError(.badRequest, "a head of \(vocabulary) rows of \(hidden): \(error)") }
    }

    /// The hidden states that the texts come to, by the row that is to follow each.
    private static func hiddenStates(
        of model: Model, after firstTokens: [Int32], length: Int, team: ThreadTeam
    ) throws(ModelError) -> [Int: [Float]] {
        let (hidden, vocabulary) = (model.configuration.hiddenSize, model.configuration.vocabularySize)
        var options = RunnerOptions()
        (options.maxRows, options.sequenceCount, options.contextLength) = (firstTokens.count, firstTokens.count, length)
        options.maxLogitRows = 1
        let runner = try ModelRunner(model, team: team, options: options)
        let batch = try runner.makeBatch()
        var sequences: [KVSequence] = []
        for _ in firstTokens { sequences.append(try runner.makeSequence()) }
        var (tokens, states) = (firstTokens, [Int: [Float]]())
        // Rows far from each other, none twice.
        let stride = vocabulary / (firstTokens.count * length)
        for step in 0..<length {
            for (token, sequence) in zip(tokens, sequences) {
                try batch.append(CollectionOfOne(token), to: sequence, outputs: .last)
            }
            runner.forward(batch)
            for text in tokens.indices {
                let row = (step * tokens.count + text) * stride
                states[row] = Array(UnsafeBufferPointer(start: runner.hidden(text), count: hidden))
                tokens[text] = Int32(row)
            }
        }
        return states
    }

    /// Turns a vector of about unit length towards another.
    private static func mix(_ weights: inout [Float], with state: [Float], _ cosine: Float) {
        let norm = state.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for k in weights.indices {
            weights[k] = cosine * state[k] / norm + (1 - cosine * cosine).squareRoot() * weights[k]
        }
    }

    /// The sum of four uniform numbers, of variance 1.
    private static func normal(_ random: inout RandomSource) -> Float {
        let bits = random.next()
        let sum = (0..<4).reduce(0) { $0 + Int32(bits >> (16 * UInt64($1)) & 0xffff) }
        return (Float(sum) / 65_536 - 2) * Float(3).squareRoot()
    }
}
