import Foundation
import TerseEngine
import TerseFormats
import TerseModel
import TerseTokenizer
import TestSupport
import Testing

/// The trained model of the shared data folder, and what llama2.c prints of it.
struct StoriesModel {
    let model: Model
    let tokenizer: Tokenizer
    let golden: String

    init() throws {
        let options = ModelFile.Options(tokenizerPath: TestData.shared("models/tok512.bin"))
        let file = try ModelFile.open(try #require(TestData.stories), options: options)
        model = try Model(file)
        tokenizer = try Tokenizer(try #require(try file.tokenizerDefinition()))
        golden = try String(
            contentsOfFile: try #require(TestData.shared("models/stories260K-golden.txt")), encoding: .utf8)
    }

    /// A request for the golden text.
    var goldenRequest: GenerationRequest { GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 200) }

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
