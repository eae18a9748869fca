import TerseModel
import TerseTokenizer

/// One text at a time on one runner, synchronously: the prompt in chunks, then token by token.
///
/// Keeps the keys and values of the last prompt and its answer, so that a prompt which begins with them (the next turn
/// of a chat) costs only its new tokens. Belongs to one thread.
public final class DecodeLoop {
    private let runner: ModelRunner
    private let tokenizer: Tokenizer
    private let sequence: KVSequence
    private let batch: ForwardBatch
    /// The tokens that the sequence holds.
    private var cached: [Int32] = []

    /// A loop over a sequence as long as the runner's context.
    /// - Throws: `EngineError` (`model`) when there is no memory for its tokens.
    public init(runner: ModelRunner, tokenizer: Tokenizer) throws(EngineError) {
        self.runner = runner
        self.tokenizer = tokenizer
        do {
            sequence = try runner.makeSequence()
            batch = try runner.makeBatch()
        } catch {
            throw EngineError(.model, error.message)
        }
        cached.reserveCapacity(runner.plan.contextLength)
    }

    /// Generates what `request` asks for and hands out events as they happen, `finished` last.
    ///
    /// - Parameters:
    ///   - isCancelled: asked before every layer; when it says so, the generation ends as `cancelled`.
    ///   - emit: called on this thread.
    /// - Throws: `EngineError` for a bad request, a prompt longer than the context, or a model that fails.
    public func generate(
        _ request: GenerationRequest, isCancelled: () -> Bool = { false }, emit: (GenerationEvent) -> Void
    ) throws(EngineError) {
        try request.validate()
        guard request.prompt.count <= sequence.maxPositions else {
            throw EngineError(
                .promptTooLong,
                "a prompt of \(request.prompt.count) tokens does not fit a context of \(sequence.maxPositions)")
        }
        var run = try GenerationRun(
            request, tokenizer: tokenizer, vocabularySize: runner.model.configuration.vocabularySize)
        run.reusedTokens = reuse(request.prompt)
        guard try process(request.prompt, &run, isCancelled, emit) else {
            emit(.finished(run.summary(.cancelled)))
            return
        }
        let reason = try decode(&run, isCancelled, emit)
        let rest = run.finishText(after: reason)
        if !rest.isEmpty { emit(.text(rest)) }
        emit(.finished(run.summary(reason)))
    }

    /// Forgets everything.
    public func reset() {
        sequence.truncate(to: 0)
        cached.removeAll(keepingCapacity: true)
    }

    /// Keeps what the cache has in common with `prompt`, but not its last token, whose logits are needed.
    private func reuse(_ prompt: [Int32]) -> Int {
        var common = 0
        while common < min(cached.count, prompt.count - 1), cached[common] == prompt[common] { common += 1 }
        sequence.truncate(to: common)
        cached.removeSubrange(common...)
        return common
    }

    /// - Returns: false when cancelled.
    private func process(
        _ prompt: [Int32], _ run: inout GenerationRun, _ isCancelled: () -> Bool, _ emit: (GenerationEvent) -> Void
    ) throws(EngineError) -> Bool {
        for token in prompt { run.acceptPrompt(token) }
        while cached.count < prompt.count {
            let chunk = prompt[cached.count..<min(cached.count + batch.maxRows, prompt.count)]
            let isLast = chunk.endIndex == prompt.count
            guard try forward(chunk, outputs: isLast ? .last : .none, isCancelled) else { return false }
            emit(.prompt(processed: cached.count, total: prompt.count))
        }
        run.promptIsIn()
        return true
    }

    private func decode(
        _ run: inout GenerationRun, _ isCancelled: () -> Bool, _ emit: (GenerationEvent) -> Void
    ) throws(EngineError) -> GenerationSummary.Reason {
        while true {
            if let most = run.request.maxTokens, run.tokens.count >= most { return .maxTokens }
            let token: Int32
            do { token = try runner.sample(with: &run.sampler) } catch {
                throw EngineError(.model, "token at position \(sequence.count): \(error.message)")
            }
            run.choose(token)
            if run.endsText(token) { return .endOfText }
            let (text, match) = run.text(of: token)
            if !text.isEmpty { emit(.text(text)) }
            if let match { return .stopString(match) }
            if let most = run.request.maxTokens, run.tokens.count >= most { return .maxTokens }
            guard sequence.count < sequence.maxPositions else { return .contextFull }
            guard try forward(CollectionOfOne(token), outputs: .last, isCancelled) else { return .cancelled }
        }
    }

    private func forward(
        _ tokens: some Collection<Int32>, outputs: ForwardBatch.Outputs, _ isCancelled: () -> Bool
    ) throws(EngineError) -> Bool {
        do {
            try batch.append(tokens, to: sequence, outputs: outputs)
        } catch {
            throw EngineError(error.code == .badRequest ? .badRequest : .model, error.message)
        }
        guard runner.forward(batch, isCancelled: isCancelled) else { return false }
        cached.append(contentsOf: tokens)
        return true
    }
}
