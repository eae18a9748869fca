import TerseEngine
import TerseFormats
import TerseModel
import TerseTokenizer
import TestSupport
import Testing

/// The trained model that the repository ships, and what llama2.c prints of it.
struct StoriesModel {
    let model: Model
    let tokenizer: Tokenizer

    init() throws {
        let file = try ModelFile.open(TestData.shippedStories)
        model = try Model(file)
        tokenizer = try Tokenizer(try #require(try file.tokenizerDefinition()))
    }

    let golden = TestData.goldenStory

    /// A request for the golden text.
    var goldenRequest: GenerationRequest { GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 200) }

    /// A request that nothing but its reader ends, with `endlessOptions`.
    var endlessRequest: GenerationRequest {
        var request = GenerationRequest(prompt: [1], policy: .greedy)
        request.ignoresEndOfText = true
        return request
    }

    /// A context that would take an hour to fill. Memory is touched as it is used.
    var endlessOptions: EngineOptions {
        var options = EngineOptions()
        options.contextLength = 1 << 18
        options.limits.runningMax = 4
        return options
    }

    func engine(_ options: EngineOptions = EngineOptions()) throws -> Engine {
        var options = options
        options.threads = 2
        return try Engine(model: model, tokenizer: tokenizer, options: options)
    }
}

/// The text and the summary of a generation.
func collect(_ generation: Generation) async throws -> (text: String, summary: GenerationSummary) {
    var text = ""
    var summary: GenerationSummary?
    for try await event in generation.events {
        switch event {
        case .prompt, .embedding, .score, .tokens: break
        case .text(let piece): text += piece
        case .finished(let result): summary = result
        }
    }
    return (text, try #require(summary))
}
