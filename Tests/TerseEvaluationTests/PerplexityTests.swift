import Foundation
import TerseFormats
import TerseModel
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseEvaluation

@Suite struct PerplexityTests {
    /// What `llama-perplexity -c N -ctk f32 -ctv f32` of llama.cpp (llama-cpp-python 0.3.36) says of stories260K in f32 and the
    /// first 6,000 bytes of tiny Shakespeare.
    @Test(
        .enabled(if: TestData.stories != nil, "\(TestData.absence)"),
        arguments: [(128, 65.6896, 4.82588, 28), (256, 66.3008, 5.00817, 14)])
    func chunkedIsLlamaCppsProtocol(window: Int, perplexity: Double, error: Double, windows: Int) throws {
        let text = String(try TestData.text("text/tinyshakespeare.txt").prefix(6000))
        let result = try Perplexity(window: window, scoring: .chunked).measure(text, with: StoriesModel.trained())
        #expect(abs(result.perplexity / perplexity - 1) < 5e-4, "\(result.perplexity)")
        let found = try #require(result.standardError)
        #expect(abs(found / error - 1) < 5e-3, "\(found)")
        #expect(result.tokensScored == windows * (window / 2 - 1))
        #expect(result.windows == windows && result.windowTokensMax == window)
    }

    /// One window over a short text, against probabilities added up here.
    @Test func oneWindowByHand() throws {
        let model = try StoriesModel.shipped()
        let text = "Lily and Ben like to play in the park. They see a big slide."
        let tokens = try #require(model.tokenizer).encode(text)
        let fed = [1] + tokens
        let batch = try model.runner.makeBatch()
        try batch.append(fed, to: try model.runner.makeSequence(), outputs: .all)
        model.runner.forward(batch)
        var losses: [Double] = []
        for (index, token) in tokens.enumerated() {
            let row = model.runner.logits(first: index).map(Double.init)
            losses.append(log(row.reduce(0) { $0 + exp($1) }) - row[Int(token)])
        }
        let mean = losses.reduce(0, +) / Double(losses.count)
        let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(losses.count - 1)
        let result = try Perplexity(window: 64).measure(text, with: model)
        #expect(result.tokensScored == tokens.count)
        #expect(abs(result.perplexity - exp(mean)) < 1e-4)
        let error = exp(mean) * (variance / Double(losses.count)).squareRoot()
        #expect(abs(try #require(result.standardError) - error) < 1e-4)
        #expect(abs(result.bitsPerByte - mean * Double(losses.count) / log(2) / Double(text.utf8.count)) < 1e-6)
    }

    /// One value does not tell how far others would be from it.
    @Test func aTokenAloneHasNoStandardError() throws {
        let result = try Perplexity(window: 64).measure("a", with: StoriesModel.shipped())
        #expect(result.tokensScored == 1 && result.perplexity > 1 && result.standardError == nil)
        #expect(result.windowTokensMax == 2)
    }

    /// Every token once, each with at least the window less the stride before it; chunks of the prompt do not matter.
    @Test func slidingScoresEveryTokenOnce() throws {
        var options = RunnerOptions()
        options.maxRows = 24
        let (whole, small) = (try StoriesModel.shipped(), try StoriesModel.shipped(options))
        let count = try #require(whole.tokenizer).encode(TestData.goldenStory).count
        let measure = Perplexity(window: 96, scoring: .sliding(stride: 32))
        let result = try measure.measure(TestData.goldenStory, with: whole)
        #expect(result.tokensScored == count && result.windowTokensMax == 96)
        #expect(try measure.measure(TestData.goldenStory, with: small) == result)
        // Windows add up to the whole.
        #expect(result.parts.count == result.windows)
        #expect(result.parts.reduce(0) { $0 + $1.tokens } == count)
        let nats = result.parts.reduce(0) { $0 + $1.nats }
        #expect(abs(exp(nats / Double(count)) / result.perplexity - 1) < 1e-12)
        let bytes = result.parts.reduce(0) { $0 + $1.bytes }
        #expect((0...1).contains(bytes - TestData.goldenStory.utf8.count))
        // More context predicts better.
        let sideBySide = try Perplexity(window: 96, scoring: .sliding(stride: 95)).measure(
            TestData.goldenStory, with: whole)
        #expect(sideBySide.tokensScored == count)
        #expect(result.perplexity < sideBySide.perplexity)
    }

    @Test(arguments: [false, true])
    func windowsCoverTheTextInOrder(hasBeginning: Bool) {
        var isCovered = true
        for count in 2...40 {
            for size in 4...9 {
                for stride in 1...size - 1 {
                    let windows = TextWindow.sliding(
                        count: count, size: size, stride: stride, hasBeginning: hasBeginning)
                    let scored = windows.flatMap { Array($0.scored) }
                    let fits = windows.allSatisfy { window in
                        window.fed.upperBound == window.scored.upperBound
                            && (window.fed.lowerBound < window.scored.lowerBound || hasBeginning)
                            && window.tokenCount <= min(size, windows[0].tokenCount)
                    }
                    isCovered = isCovered && fits && scored == Array((hasBeginning ? 0 : 1)..<count)
                }
            }
        }
        #expect(isCovered)
    }

    /// A token whose embedding is not a number, first in the second window: the error says what it kept from being scored.
    @Test func scoresThatAreNoNumbersNameTheirPlace() throws {
        let file = try ModelFile.open(TestData.shippedStories)
        let tokenizer = try Tokenizer(try #require(try file.tokenizerDefinition()))
        let tokens = tokenizer.encode(TestData.goldenStory)
        let place = try #require(tokens.indices.first { $0 >= 63 && !tokens[..<$0].contains(tokens[$0]) })
        #expect(place < 94)
        let embedding = try #require(file["token_embd.weight"])
        let intact = try embedding.load()
        let damaged = TensorBytes(count: embedding.byteCount) { memory in
            memory.copyMemory(from: UnsafeRawBufferPointer(start: intact.bytes.pointer, count: memory.count))
            let halves = memory.bindMemory(to: UInt16.self)
            for column in 0..<intact.columns { halves[Int(tokens[place]) * intact.columns + column] = 0x7E00 }
        }
        var tensors = file.tensors.filter { $0.name != embedding.name }
        tensors.append(
            ModelTensor(
                name: embedding.name, tensor: try Tensor(type: .f16, shape: intact.shape, bytes: damaged)))
        tensors.append(ModelTensor(name: "output.weight", tensor: intact))
        let model = try Model(
            ModelFile(path: file.path, format: file.format, metadata: file.metadata, tensors: tensors))
        let evaluated = try EvaluationModel(runner: ModelRunner(model, threads: 1), tokenizer: tokenizer)
        let error = #expect(throws: EvaluationError.self) {
            try Perplexity(window: 64).measure(TestData.goldenStory, with: evaluated)
        }
        #expect(error?.code == .model)
        let expected = "window 2 of 6, token \(place + 1) of the text: output "
        #expect(error?.message.hasPrefix(expected) == true, "\(error as Any)")
    }

    @Test func badRequestsAreRefused() throws {
        let model = try StoriesModel.shipped()
        #expect(throws: EvaluationError(.badRequest, "window: expected 4…512 tokens, found 513")) {
            try Perplexity(window: 513).measure("text", with: model)
        }
        #expect(throws: EvaluationError(.badRequest, "stride: expected 1…63 tokens, found 64")) {
            try Perplexity(window: 64, scoring: .sliding(stride: 64)).measure("text", with: model)
        }
        #expect(throws: EvaluationError(.tooShort, "the text has 0 tokens, too few to predict one")) {
            try Perplexity(window: 64).measure("", with: model)
        }
        let short = #expect(throws: EvaluationError.self) {
            try Perplexity(window: 64, scoring: .chunked).measure("too short", with: model)
        }
        #expect(short?.message.hasSuffix(" tokens, too few for a window of 64") == true, "\(short as Any)")
        #expect(throws: EvaluationError(.cancelled, "cancelled after 2 of 6 windows")) {
            try Perplexity(window: 64).measure(TestData.goldenStory, with: model) { $0.done < 2 }
        }
    }
}
