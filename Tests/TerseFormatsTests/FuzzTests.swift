import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

/// Damaged files give an error or a value, never a trap; the decoded value is then used as the program would use it.
@Suite(.serialized) struct FuzzTests {
    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: TestData.fixture(name))))
    }

    /// Reads what a program would read of a model, each byte of its tensors included.
    static func use(_ model: ModelFile) throws {
        for key in model.metadata.keys {
            let value = model.metadata[key]
            _ = value?.summary
            _ = value?.arrayValue?.strings
            _ = value?.arrayValue?.integers
            _ = value?.arrayValue?.floats
            _ = value?.arrayValue?.arrays
        }
        _ = try? model.tokenizerDefinition()
        _ = try? Converter(model, options: ConversionOptions(type: .tq2_0))
        for listed in model.tensors {
            guard let tensor = try? listed.load() else { continue }
            var sum: UInt8 = 0
            for byte in tensor.bytes.buffer { sum &+= byte }
            if tensor.type.isWeightType, tensor.elementCount < 1 << 20 { _ = TestDecoding.values(of: tensor) }
        }
    }

    @Test func gguf() throws {
        let folder = try TemporaryFolder()
        let names = ["types", "aligned64", "sharded-00001-of-00003"]
        var fuzz = MutationFuzz()
        let originals = try names.map { try Self.bytes("gguf/\($0).gguf") } + [try I2SFixture.file()]
        let outcome = fuzz.run(originals, headBytes: 2200) { bytes in
            try Self.use(try ModelFile.open(try folder.write(bytes, "a.gguf")))
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    @Test func safetensors() throws {
        let folder = try TemporaryFolder()
        var fuzz = MutationFuzz()
        let outcome = fuzz.run([try Self.bytes("safetensors/types.safetensors")], headBytes: 720) { bytes in
            let file = try SafetensorsFile(path: try folder.write(bytes, "a.safetensors"))
            for tensor in file.tensors { _ = try? tensor.tensor(file: file.path) }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    @Test(arguments: ["qwen2", "bitnet-packed", "llama-sharded"])
    func huggingFaceConfiguration(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.copy(TestData.fixture("huggingface/\(name)"), "m")
        let target = name == "llama-sharded" ? "model.safetensors.index.json" : "config.json"
        let original = try Self.bytes("huggingface/\(name)/\(target)")
        var fuzz = MutationFuzz()
        let outcome = fuzz.run([original], headBytes: original.count) { bytes in
            try folder.write(bytes, "m/\(target)")
            let model = try ModelFile.open(folder.path("m"))
            for tensor in model.tensors where !tensor.isMapped { _ = try? tensor.load() }
        }
        // An index names every tensor, so that hardly any damage to it goes unnoticed.
        #expect(
            outcome.refused > 0 && (outcome.accepted > 0 || target != "config.json"), "\(name) \(target): \(outcome)")
    }

    @Test func huggingFaceWeights() throws {
        let folder = try TemporaryFolder()
        try folder.copy(TestData.fixture("huggingface/bitnet-packed"), "m")
        let original = try Self.bytes("huggingface/bitnet-packed/model.safetensors")
        var fuzz = MutationFuzz()
        let outcome = fuzz.run([original], headBytes: 2400) { bytes in
            try folder.write(bytes, "m/model.safetensors")
            try Self.use(try ModelFile.open(folder.path("m")))
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    @Test func llama2C() throws {
        let folder = try TemporaryFolder()
        var fuzz = MutationFuzz()
        let outcome = fuzz.run(try (0...2).map(Llama2CFixture.file), headBytes: 48) { bytes in
            try Self.use(try ModelFile.open(try folder.write(bytes, "a.bin")))
        }
        #expect(outcome.isMixed, "\(outcome)")
    }
}
