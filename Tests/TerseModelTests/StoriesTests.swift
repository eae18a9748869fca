import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseModel

/// A trained model of 260 thousand parameters against the text that llama2.c prints of it.
@Suite(.enabled(if: TestData.stories != nil, "\(TestData.absence)"))
struct StoriesTests {
    /// The golden text is that of all 200 positions; eight bits must keep to the first 50 tokens.
    @Test(arguments: [(ElementType.f32, 200), (.f16, 200), (.q8_0, 50)])
    func greedyTextIsTheGoldenOne(type: ElementType, count: Int) throws {
        let folder = try TemporaryFolder()
        let file = try converted(to: type, in: folder)
        let tokenizer = try Tokenizer(try #require(try file.tokenizerDefinition()))
        let runner = try ModelRunner(Model(file), team: ThreadTeam(threads: 2))
        let tokens = try runner.greedy(after: [1], count: count)
        let path = try #require(TestData.shared("models/stories260K-golden.txt"))
        let golden = try String(contentsOfFile: path, encoding: .utf8)
        let text = tokenizer.decode(tokens)
        #expect(text.count > 2 * count)
        #expect(count == 200 ? text == golden : golden.hasPrefix(text))
    }

    /// A prompt of 40 tokens, cut and spread over threads in several ways, gives the same bits.
    @Test(arguments: [ElementType.f32, .q8_0, .q4_0])
    func chunksAndThreadsDoNotMatter(type: ElementType) throws {
        let folder = try TemporaryFolder()
        let model = try Model(converted(to: type, in: folder))
        let tokens = (0..<40).map { Int32(($0 * 37 + 11) % 512) }
        let expected = try ModelRunner(model, threads: 1).logits(of: tokens, chunk: 40)
        for (threads, chunk) in [(1, 1), (2, 7), (3, 32), (4, 33)] {
            let found = try ModelRunner(model, threads: threads).logits(of: tokens, chunk: chunk)
            #expect(found == expected, "\(threads) threads, chunks of \(chunk)")
        }
    }

    private func converted(to type: ElementType, in folder: TemporaryFolder) throws -> ModelFile {
        let options = ModelFile.Options(tokenizerPath: TestData.shared("models/tok512.bin"))
        let source = try ModelFile.open(try #require(TestData.stories), options: options)
        let path = folder.path("stories-\(type.name).gguf")
        _ = try Converter(source, options: ConversionOptions(type: type)).write(to: path, team: ThreadTeam(threads: 2))
        return try ModelFile.open(path)
    }
}
