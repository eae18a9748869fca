import TerseFormats
import TerseModel
import TerseTensor
import TestSupport
import Testing

@testable import TerseEngine

/// The loop itself, on the caller's thread.
@Suite struct DecodeLoopTests {
    let stories: StoriesModel

    init() throws { stories = try StoriesModel() }

    private func loop(_ model: Model) throws -> DecodeLoop {
        try DecodeLoop(runner: ModelRunner(model, threads: 1), tokenizer: stories.tokenizer)
    }

    @Test func eventsComeInOrder() throws {
        var events: [GenerationEvent] = []
        try loop(stories.model).generate(stories.goldenRequest) { events.append($0) }
        #expect(events.first == .prompt(processed: 1, total: 1))
        var text = ""
        for case .text(let piece) in events { text += piece }
        #expect(text == stories.golden)
        guard case .finished(let summary)? = events.last else {
            Issue.record("the last event is \(String(describing: events.last))")
            return
        }
        #expect(summary.reason == .maxTokens && summary.tokens.count == 200)
    }

    /// Asked before every layer, so a generation ends within one of them.
    @Test func cancellationIsAskedForBeforeEveryLayer() throws {
        let loop = try loop(stories.model)
        for questions in [1, 3, 5, 6, 12] {
            var asked = 0
            var last: GenerationEvent?
            try loop.generate(
                stories.goldenRequest,
                isCancelled: {
                    asked += 1
                    return asked == questions
                }, emit: { last = $0 })
            guard case .finished(let summary)? = last else {
                Issue.record("no end after \(questions) questions")
                continue
            }
            #expect(summary.reason == .cancelled && asked == questions)
            // Five layers for the prompt, then five for each token but the last chosen.
            #expect(summary.tokens.count == (questions - 1) / stories.model.configuration.layerCount)
        }
        var text = ""
        try loop.generate(stories.goldenRequest) { if case .text(let piece) = $0 { text += piece } }
        #expect(text == stories.golden)
    }

    /// The stories with a norm that makes every hidden state not a number.
    private func damagedModel() throws -> Model {
        let file = try ModelFile.open(TestData.shippedStories)
        let damaged = try ModelFile(
            path: file.path, format: file.format, metadata: file.metadata,
            tensors: file.tensors.map { tensor in
                guard tensor.name == "output_norm.weight" else { return tensor }
                let bytes = TensorBytes(count: 4 * tensor.elementCount) {
                    $0.bindMemory(to: Float.self).update(repeating: .nan)
                }
                return ModelTensor(
                    name: tensor.name, tensor: try Tensor(type: .f32, shape: tensor.shape, bytes: bytes))
            })
        return try Model(damaged)
    }

    @Test func logitsThatAreNoNumbersNameThePosition() throws {
        let request = GenerationRequest(prompt: [1, 403, 407], policy: .greedy, maxTokens: 5)
        let error = #expect(throws: EngineError.self) { try loop(damagedModel()).generate(request) { _ in } }
        #expect(error?.code == .notFinite)
        #expect(error?.message.hasPrefix("token at position 3: the logit of token 0 is nan") == true, "\(error as Any)")
    }

    @Test func hiddenStatesThatAreNoNumbersAreNoEmbedding() throws {
        var request = GenerationRequest(prompt: [1, 403, 407], policy: .greedy, maxTokens: 0)
        request.embedsPrompt = true
        let error = #expect(throws: EngineError.self) { try loop(damagedModel()).generate(request) { _ in } }
        #expect(error?.code == .notFinite && error?.message.contains("hidden states") == true, "\(error as Any)")
    }
}
