import Foundation
import TerseJSON
import TestSupport
import Testing

@Suite struct InspectTests {
    @Test func theFactsAsJSON() throws {
        let result = try Program.run(["inspect", Stories.shipped, "--json", "--context", "512", "--kv", "int8"])
        #expect(result.status == 0, "\(result.summary)")
        let value = try JSONValue.parse(Array(result.output.utf8))
        #expect(value["architecture"]?.stringValue == "llama")
        #expect(value["configuration"]?["layers"]?.intValue == 5)
        #expect(value["configuration"]?["kv_heads"]?.intValue == 4)
        #expect(value["tokenizer"]?["vocabulary"]?.intValue == 512)
        #expect(value["tokenizer"]?["bos"]?.intValue == 1)
        // 512 × 64 + 5 (64 × (64 + 32 + 32 + 64) + 3 × 64 × 172 + 128) + 64
        #expect(value["parameters"]?.intValue == 260_032)
        let tensors = try #require(value["tensors"]?.arrayValue)
        #expect(tensors.reduce(0) { $0 + ($1["bytes"]?.intValue ?? 0) } == value["tensor_bytes"]?.intValue)
        #expect(value["memory"]?["context"]?.intValue == 512)
        // Keys and values of 5 layers, 4 heads of 8 in int8 with a float32 scale each.
        #expect(value["memory"]?["kv_bytes_per_token"]?.intValue == 5 * 2 * 4 * (8 + 4))
    }

    @Test func theFactsAsText() throws {
        let result = try Program.run(["inspect", Stories.shipped, "--tensors", "--metadata"])
        for word in ["llama", "bits per weight", "blk.4.ffn_down.weight", "general.architecture", "f16", "memory"] {
            #expect(result.output.contains(word), "\(word): \(result.summary)")
        }
    }

    @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)")) func aVocabularyAloneIsInspectedToo() throws {
        let result = try Program.run(
            ["inspect", TestData.path("tokenizers/ggml-vocab-llama-spm.gguf"), "--json"])
        let value = try JSONValue.parse(Array(result.output.utf8))
        #expect(value["tokenizer"]?["vocabulary"]?.intValue == 32000, "\(result.summary)")
        #expect(value["memory"]?.isNull == true)
    }
}
