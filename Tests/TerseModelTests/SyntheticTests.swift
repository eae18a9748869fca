import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseModel

@Suite struct SyntheticTests {
    static let types = ElementType.allCases.filter(\.isWeightType)

    @Test(arguments: types)
    func equalSeedsGiveEqualWeightsOfTheWantedSize(type: ElementType) throws {
        let dimensions = TinyModel.dimensions(.llama)
        func make(_ seed: UInt64, _ threads: Int) throws -> ModelFile {
            try SyntheticModel.make(dimensions, name: "t", type: type, seed: seed, team: ThreadTeam(threads: threads))
        }
        let (first, second, other) = (try make(1, 1), try make(1, 3), try make(2, 2))
        let name = "blk.0.ffn_gate.weight"
        let tensor = try #require(try first.tensor(name))
        func bytes(_ file: ModelFile) throws -> [UInt8] { Array(try #require(try file.tensor(name)).bytes.buffer) }
        let reference = try bytes(first)
        #expect(try bytes(second) == reference)
        #expect(try bytes(other) != reference)
        // Standard deviation 1/16, to within a factor of two, and centred.
        var row = [Float](repeating: 0, count: 256)
        var (sum, squares) = (0.0, 0.0)
        for index in 0..<tensor.rows {
            VectorMath.dequantize(tensor, row: index, into: &row)
            for value in row {
                sum += Double(value)
                squares += Double(value * value)
            }
        }
        let count = Double(tensor.elementCount)
        let deviation = (squares / count).squareRoot()
        #expect(deviation > 0.6 / 16 && deviation < 1.6 / 16, "\(deviation)")
        #expect(abs(sum / count) < 0.15 / 16, "\(sum / count)")
        if type.isTernary { #expect(Set(row.map(abs)).count == 2) }
    }

    /// The shapes of the published models, by their numbers of weights.
    @Test func shapesAreThoseOfTheModels() throws {
        for (shape, parameters) in [
            (SyntheticShape.bitnet2B4T, 2_412_820_480), (.bitnet0_7B, 728_842_752), (.llama1B, 1_235_814_432),
            (.falcon3_3B, 3_227_655_168),
        ] {
            let dimensions = shape.dimensions
            let (hidden, inner) = (dimensions.hidden, dimensions.feedForward)
            let kv = dimensions.kvHeads * dimensions.headDimension
            let subNorms = dimensions.architecture.isBitNet ? hidden + inner : 0
            let layer = 2 * hidden * (hidden + kv) + 3 * hidden * inner + 2 * hidden + subNorms
            let heads = dimensions.hasOwnHead ? 2 : 1
            let divisors = dimensions.rotaryDivisorMax == nil ? 0 : dimensions.headDimension / 2
            #expect(
                heads * dimensions.vocabulary * hidden + hidden + dimensions.layers * layer + divisors == parameters,
                "\(shape.rawValue)")
        }
    }

    @Test func writtenItRunsAsInMemory() throws {
        let folder = try TemporaryFolder()
        var dimensions = TinyModel.dimensions(.bitnet)
        dimensions.activation = .squaredReLU
        let file = try SyntheticModel.make(
            dimensions, name: "t", type: .tq2_0, seed: 4, team: ThreadTeam(threads: 2))
        let path = folder.path("t.gguf")
        _ = try Converter(file, options: ConversionOptions(type: nil)).write(to: path, team: ThreadTeam(threads: 2))
        let read = try ModelFile.open(path)
        let tokens = TinyModel.tokens(30)
        let found = try ModelRunner(Model(read), threads: 2).logits(of: tokens, chunk: 30)
        let expected = try ModelRunner(Model(file), threads: 2).logits(of: tokens, chunk: 30)
        #expect(found == expected)
        #expect(try Model(read).configuration.activation == .squaredReLU)
        let tokenizer = try Tokenizer(try #require(try read.tokenizerDefinition()))
        #expect(tokenizer.vocabularySize == 300)
        #expect(tokenizer.bosID == 1)
        #expect(tokenizer.decode(tokenizer.encode("Hé, hello!", addSpecial: true)) == "Hé, hello!")
    }
}
