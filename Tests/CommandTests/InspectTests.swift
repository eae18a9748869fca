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
        #expect(value["memory"]?["context_length"]?.intValue == 512)
        // Keys and values of 5 layers, 4 heads of 8 in int8, values in whole vectors of 16, with a float32 scale each.
        #expect(value["memory"]?["kv_bytes_per_token"]?.intValue == 5 * 4 * ((8 + 4) + (16 + 4)))
    }

    /// What is needed is allowed, a byte less is not; the other commands that run models say the same. One model is laid out
    /// for the processor before it runs, its head a second time.
    @Test(arguments: [Stories.shipped, TestData.shippedSmallNovels])
    func memoryThatIsNotAllowedIsRefused(model: String) throws {
        let inspected = try Program.run(["inspect", model, "--json", "--threads", "1"])
        let memory = try #require(try JSONValue.parse(Array(inspected.output.utf8))["memory"])
        let total = try #require(memory["total_bytes"]?.intValue)
        let parts = ["weight_bytes", "kv_bytes", "scratch_bytes"].compactMap { memory[$0]?.intValue }
        #expect(parts.count == 3 && parts.reduce(0, +) == total)
        let run = ["run", model, "-p", "Once", "-n", "1"]
        for arguments in [["inspect", model], run] {
            let enough = try Program.run(arguments + ["--threads", "1", "--memory", "\(total)"])
            #expect(enough.status == 0, "\(enough.summary)")
            let little = try Program.run(arguments + ["--threads", "1", "--memory", "\(total - 1)B"])
            #expect(little.status == 1 && little.output.isEmpty, "\(little.summary)")
            #expect(little.errors.contains("\(total) bytes of memory are needed"), "\(little.summary)")
            #expect(little.errors.contains("\(total - 1) are allowed"), "\(little.summary)")
        }
    }

    @Test func memoryIsSaidInUnits() throws {
        for size in ["1.5GiB", "2 gib", "800MB", "0.001TB"] {
            #expect(try Program.run(["inspect", Stories.shipped, "--memory", size]).status == 0, "\(size)")
        }
        for size in ["", "0", "-1", "1 PB", "GiB", "1e9", "9999999 TiB", "nan"] {
            #expect(try Program.run(["inspect", Stories.shipped, "--memory=\(size)"]).status == 64, "\(size)")
        }
    }

    /// What `./run` serves is ternary, says what it is not, and writes.
    @Test(arguments: [(TestData.shippedNovels, 512), (TestData.shippedSmallNovels, 256)])
    func theShippedModelsAreWhatTheirCardSays(path: String, hidden: Int) throws {
        let inspected = try Program.run(["inspect", path, "--json"])
        let value = try JSONValue.parse(Array(inspected.output.utf8))
        #expect(value["description"]?.stringValue?.contains("cannot chat") == true, "\(inspected.summary)")
        #expect(value["license"]?.stringValue == "Apache-2.0")
        #expect(value["configuration"]?["context_length"]?.intValue == 1024)
        #expect(value["configuration"]?["hidden_size"]?.intValue == hidden)
        #expect(value["types"]?.arrayValue?.contains { $0["type"]?.stringValue == "tq2_0" } == true)
        #expect(value["configuration"]?["quantizes_activations_per_token"] == true)
        let told = try Program.run(["run", path, "-p", "It was the best of times", "-n", "8"])
        #expect(told.status == 0 && !told.output.isEmpty, "\(told.summary)")
    }

    /// A ternary llama whose file says nothing of its training, and the same when a person said it.
    @Test func howActivationsAreRounded() throws {
        let folder = try TemporaryFolder()
        let silent = TestData.repository.appending(path: "Tests/TerseModelTests/Fixtures/llama-tq2_0.gguf").path
        let telling = folder.path("telling.gguf")
        let converted = try Program.run(["convert", silent, telling, "--activations-per-token"])
        #expect(converted.status == 0 && !converted.errors.contains("no ternary matrix"), "\(converted.summary)")
        for (path, words, perToken) in [
            (silent, "a scale for each 256 of a token's (trained otherwise? convert", false),
            (telling, "a scale for each token\n", true),
        ] {
            let text = try Program.run(["inspect", path])
            #expect(text.status == 0 && text.output.contains(words), "\(text.summary)")
            let value = try JSONValue.parse(Array(Program.run(["inspect", path, "--json"]).output.utf8))
            #expect(value["configuration"]?["quantizes_activations_per_token"] == .bool(perToken))
        }
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
