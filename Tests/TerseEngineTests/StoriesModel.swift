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

    /// The output of llama2.c's `run stories260K.bin -z tok512.bin -t 0 -n 200`.
    let golden = """
        Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a \
        big, red ball. She wanted to play with it, but it was too high.
        Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play \
        with your ball, but I can't find it."
        Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
        Lily didn't want to help her mom, so she
        """

    /// A request for the golden text.
    var goldenRequest: GenerationRequest { GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 200) }

    /// A request that nothing but its reader ends, with `endlessOptions`.
    var endlessRequest: GenerationRequest {
        var request = GenerationRequest(prompt: [1], policy: .greedy)
        request.ignoresEndOfText = true
        return request
    }

    /// A context that would take an hour to fill. Memory is touched as it is used.
    var endlessOptions: RunnerOptions {
        var options = RunnerOptions()
        options.contextLength = 1 << 18
        return options
    }

    func generator(_ options: RunnerOptions = RunnerOptions()) throws -> TextGenerator {
        try TextGenerator(model: model, tokenizer: tokenizer, threads: 2, options: options)
    }
}

/// The text and the summary of a generation.
func collect(_ generation: Generation) async throws -> (text: String, summary: GenerationSummary) {
    var text = ""
    var summary: GenerationSummary?
    for try await event in generation.events {
        switch event {
        case .prompt: break
        case .text(let piece): text += piece
        case .finished(let result): summary = result
        }
    }
    return (text, try #require(summary))
}
