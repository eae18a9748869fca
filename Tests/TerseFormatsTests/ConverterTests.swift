import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

@Suite struct ConverterTests {
    /// A team of its own for each test: one serves a single caller at a time.
    private let team = ThreadTeam(threads: 2)

    private func convert(_ name: String, _ options: ConversionOptions, _ folder: TemporaryFolder) throws
        -> (ModelFile, ConversionReport)
    {
        let model = try ModelFile.open(TestData.fixture("huggingface/\(name)"))
        let report = try Converter(model, options: options).write(to: folder.path("out.gguf"), team: team)
        return (try ModelFile.open(folder.path("out.gguf")), report)
    }

    /// The committed files were written by this converter and accepted by gguf-py and llama.cpp, whose logits agree with
    /// transformers' (Fixtures/check_written.py): what is written today must be those bytes.
    @Test(arguments: [("llama-sharded", ElementType.q8_0), ("qwen2", .f16), ("bitnet-packed", .tq1_0)])
    func writesWhatLlamaCppAccepted(name: String, type: ElementType) throws {
        let folder = try TemporaryFolder()
        _ = try convert(name, ConversionOptions(type: type), folder)
        let expected = TestData.fixture("written/\(name)-\(type.name).gguf")
        #expect(FileManager.default.contentsEqual(atPath: folder.path("out.gguf"), andPath: expected))
    }

    @Test(arguments: ["llama-sharded", "qwen2", "qwen3", "bitnet-master", "bitnet-2024", "bitnet-packed"])
    func float32IsExact(name: String) throws {
        let folder = try TemporaryFolder()
        let (result, report) = try convert(name, ConversionOptions(type: .f32), folder)
        #expect(report.fallbacks.isEmpty)
        let expected = try Expected.file("huggingface/\(name)")["tensors"]
        for tensor in result.tensors {
            #expect(tensor.type == .f32 && !tensor.hasScale)
            try Expected.check(try tensor.load(), against: expected?[tensor.name], tensor.name)
        }
    }

    /// What people know of a model's training is written down, and said where it changes nothing.
    @Test func activationsPerTokenAreWrittenDown() throws {
        let folder = try TemporaryFolder()
        var options = ConversionOptions(type: .q4K)
        options.quantizesActivationsPerToken = true
        let (result, report) = try convert("qwen3", options, folder)
        #expect(try result.metadata.string("qwen3.activation_quantization") == "token")
        #expect(report.notices.contains { $0.hasPrefix("the result has no ternary matrix") })
        options.quantizesActivationsPerToken = false
        #expect(try convert("qwen3", options, folder).0.metadata.string("qwen3.activation_quantization") == nil)
    }

    /// Ternary weights keep exactly their values in every type that can hold them, the scale beside them.
    @Test(arguments: [ElementType.tq1_0, .tq2_0, .q4_0, .f16, .bf16])
    func ternaryWeightsStayExact(type: ElementType) throws {
        let folder = try TemporaryFolder()
        let (result, _) = try convert("bitnet-packed", ConversionOptions(type: type), folder)
        let expected = try Expected.file("huggingface/bitnet-packed")["tensors"]
        for name in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
            let tensor = try #require(try result.tensor("blk.0.\(name).weight"))
            #expect(tensor.type == type && tensor.scale != 1)
            try Expected.check(tensor, against: expected?["blk.0.\(name).weight"], name)
        }
    }

    @Test func reportsFallbacks() throws {
        let folder = try TemporaryFolder()
        let (result, report) = try convert("qwen3", ConversionOptions(type: .q4K), folder)
        let down = try #require(report.rows.first { $0.name == "blk.0.ffn_down.weight" })
        #expect(down.type == .f16 && down.fellBackFrom == .q4K)
        #expect(
            down.fallbackMessage
                == "blk.0.ffn_down.weight: rows of 48 are no multiple of q4_k's block of 256: f16 instead")
        let up = try #require(report.rows.first { $0.name == "blk.0.ffn_up.weight" })
        #expect(up.type == .q5_0 && up.sourceType == .f32)
        let head = try #require(report.rows.first { $0.name == "token_embd.weight" })
        #expect(head.type == .q8_0)
        #expect(report.notices.contains("15 of 24 tensors fell back to another type"))
        #expect(result.metadata["general.file_type"] == .uint32(14))
        #expect(result.metadata["general.quantization_version"] == .uint32(2))
        #expect(result["blk.0.attn_norm.weight"]?.type == .f32)
    }

    @Test func fallbackTypes() {
        func fitting(_ type: ElementType, _ columns: Int) -> ElementType {
            TypeRule.fitting(type, columns: columns).type
        }
        #expect(fitting(.q4K, 512) == .q4K && fitting(.q4K, 320) == .q5_0 && fitting(.q4K, 80) == .f16)
        #expect(fitting(.q5K, 320) == .q5_1 && fitting(.q6K, 320) == .q8_0)
        #expect(fitting(.tq1_0, 320) == .q4_0 && fitting(.tq2_0, 320) == .q4_0 && fitting(.tq2_0, 81) == .f16)
        #expect(fitting(.q8_0, 80) == .f16 && fitting(.q4_0, 80) == .f16)
    }

    @Test func headAndEmbeddingTypes() {
        func choice(_ name: String, _ type: ElementType, tied: Bool = false, output: ElementType? = nil) -> ElementType
        {
            var options = ConversionOptions(type: type)
            options.outputType = output
            return TypeRule(options: options, tiesEmbeddings: tied).choice(name: name, shape: [512, 8], source: .f32)
                .type
        }
        #expect(choice("output.weight", .q4_0) == .q6K && choice("output.weight", .q8_0) == .q8_0)
        #expect(choice("output.weight", .f16) == .f16 && choice("output.weight", .q4_0, output: .f16) == .f16)
        #expect(choice("token_embd.weight", .q4_0) == .q4_0 && choice("token_embd.weight", .q4_0, tied: true) == .q6K)
        #expect(choice("token_embd.weight", .tq2_0) == .q4K && choice("token_embd.weight", .tq2_0, tied: true) == .q6K)
        #expect(choice("blk.0.attn_q.weight", .tq2_0) == .tq2_0)
    }

    @Test func requantizingIsNoticed() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFile.open(TestData.fixture("gguf/types.gguf"))
        let report = try Converter(model, options: ConversionOptions(type: .q8_0)).write(
            to: folder.path("a.gguf"), team: team)
        #expect(
            report.notices.first
                == "7 tensors were quantised before (q4_0.weight: q4_0); converting them adds to the error they have")
        #expect(try ModelFile.open(folder.path("a.gguf")).tensors.allSatisfy { $0.type == .q8_0 })
    }

    @Test func stopsWhenAsked() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFile.open(TestData.fixture("huggingface/qwen2"))
        var calls = 0
        let error = #expect(throws: FormatError.self) {
            try Converter(model, options: ConversionOptions(type: .q8_0)).write(
                to: folder.path("a.gguf"), team: team
            ) { progress in
                calls += 1
                #expect(progress.bytesDone <= progress.bytesTotal)
                return calls < 3
            }
        }
        #expect(error?.code == .cancelled)
        #expect(calls == 3)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
    }

    @Test func refusesTypesThatCannotBeWritten() throws {
        let model = try ModelFile.open(TestData.fixture("huggingface/qwen2"))
        let error = #expect(throws: FormatError.self) { try Converter(model, options: ConversionOptions(type: .i2S)) }
        #expect(error?.message == "\(model.path): weights cannot be converted to i2_s")
    }
}
