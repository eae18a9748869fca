import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

/// bitnet.cpp's own type, in both orders.
@Suite struct I2STests {
    @Test(arguments: [(128, I2SOrder.x86), (64, I2SOrder.arm)])
    func readsWeightsAndScale(blockElements: Int, order: I2SOrder) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(try I2SFixture.file(blockElements: blockElements), "a.gguf")
        let model = try ModelFile.open(path, options: .init(i2sOrder: order))
        let tensor = try model.requiredTensor("blk.0.ffn_up.weight", shape: [128, 2])
        #expect(tensor.type == .i2S)
        #expect(tensor.scale == I2SFixture.scale)
        #expect(TestDecoding.values(of: tensor) == I2SFixture.weights.map { Float($0) * I2SFixture.scale })
    }

    @Test func refusesAScaleThatIsNoNumber() throws {
        let folder = try TemporaryFolder()
        var bytes = try I2SFixture.file()
        bytes.replaceSubrange(bytes.count - 32..<bytes.count - 28, with: [0, 0, 0xC0, 0x7F])
        let path = try folder.write(bytes, "a.gguf")
        let error = #expect(throws: FormatError.self) { try ModelFile.open(path) }
        #expect(error?.message == "\(path): tensor blk.0.ffn_up.weight: its scale is nan")
    }

    /// bitnet.cpp's name for the architecture becomes llama.cpp's, the weights TQ2_0 with their scale beside them.
    @Test func becomesWhatLlamaCppReads() throws {
        let folder = try TemporaryFolder()
        let source = try ModelFile.open(try folder.write(try I2SFixture.file(), "a.gguf"))
        var options = ConversionOptions(type: .tq2_0)
        let report = try Converter(source, options: options).write(
            to: folder.path("b.gguf"), team: ThreadTeam(threads: 1))
        #expect(report.rows[0].type == .q4_0)  // rows of 128
        let result = try ModelFile.open(folder.path("b.gguf"))
        #expect(try result.metadata.string("general.architecture") == "bitnet")
        #expect(try result.metadata.string("bitnet.hidden_activation") == "relu2")
        let tensor = try result.requiredTensor("blk.0.ffn_up.weight", shape: [128, 2])
        #expect(TestDecoding.values(of: tensor) == I2SFixture.weights.map { Float($0) * I2SFixture.scale })
        options.type = nil
        let kept = try Converter(source, options: options).write(
            to: folder.path("c.gguf"), team: ThreadTeam(threads: 1))
        #expect(kept.rows[0].type == .i2S)
        #expect(try ModelFile.open(folder.path("c.gguf")).tensor("blk.0.ffn_up.weight")?.scale == I2SFixture.scale)
    }

    /// I2_S says that activations are rounded token by token; other types need a key for it.
    @Test func aLlamaKeepsTheRoundingOfItsActivations() throws {
        let folder = try TemporaryFolder()
        let source = try ModelFile.open(try folder.write(try I2SFixture.file(), "a.gguf"))
        var metadata = source.metadata
        metadata["general.architecture"] = .string("llama")
        let llama = try ModelFile(path: source.path, format: .gguf, metadata: metadata, tensors: source.tensors)
        for (model, name, expected) in [(source, "bitnet", nil), (llama, "llama", "token")] {
            _ = try Converter(model, options: ConversionOptions(type: .q8_0)).write(
                to: folder.path("\(name).gguf"), team: ThreadTeam(threads: 1))
            let written = try ModelFile.open(folder.path("\(name).gguf")).metadata
            #expect(try written.string("\(name).activation_quantization") == expected)
        }
    }
}
