import Foundation
import TerseJSON
import TestSupport
import Testing

@Suite struct BenchTests {
    @Test func theReportHasEveryTestAndField() throws {
        let result = try Program.run([
            "bench", Stories.shipped, "--prompt", "16,32", "--generate", "8", "--streams", "2,3", "--threads", "1,2",
            "--repetitions", "2", "--json",
        ])
        #expect(result.status == 0, "\(result.summary)")
        let rows = try #require(try JSONValue.parse(Array(result.output.utf8)).arrayValue)
        let tests = rows.map { row in
            [row["test"]?.stringValue ?? ""] + ["size", "threads", "streams"].map { "\(row[$0]?.intValue ?? -1)" }
        }
        let expected = ["1", "2"].flatMap { threads in
            [
                ["prompt", "16", threads, "1"], ["prompt", "32", threads, "1"], ["generate", "8", threads, "1"],
                ["streams", "8", threads, "2"], ["streams", "8", threads, "3"],
            ]
        }
        #expect(tests == expected)
        for row in rows {
            let speed = try #require(row["tokens_per_second"])
            let figures = ["min", "median", "max"].compactMap { speed[$0]?.doubleValue }
            #expect(figures.count == 3 && figures[0] > 0 && figures.sorted() == figures, "\(row)")
            let bytes = try #require(row["bytes_per_token"]?.doubleValue)
            let bandwidth = try #require(row["read_bandwidth_bytes_per_second"]?.doubleValue)
            let fraction = try #require(row["fraction_of_limit"]?.doubleValue)
            #expect(abs(fraction - bytes * figures[1] / bandwidth) < 1e-9 * fraction)
            #expect(try #require(row["resident_bytes"]?.intValue) > 1 << 20)
            #expect(try #require(row["load_seconds"]?.doubleValue) > 0)
        }
        // A single token reads all tensors once (the embedding is the output matrix too): f16 matrices, f32 norms; and the
        // keys and values up to it, in five layers 4 heads of 8.
        let weightBytes = Double(2 * (260_032 - 11 * 64) + 4 * 11 * 64)
        #expect(rows[2]["bytes_per_token"]?.doubleValue == weightBytes + 4.5 * Double(5 * 2 * 4 * 8 * 2))
    }

    /// The cache holds so many tokens before each test, whose keys and values are read.
    @Test func testsBeginAtADepth() throws {
        let result = try Program.run([
            "bench", Stories.shipped, "--generate", "4", "--streams", "2", "--depth", "0,40", "--repetitions", "2",
            "--json",
        ])
        #expect(result.status == 0, "\(result.summary)")
        let rows = try #require(try JSONValue.parse(Array(result.output.utf8)).arrayValue)
        #expect(rows.map { $0["depth"]?.intValue } == [0, 0, 40, 40])
        let bytes = rows.compactMap { $0["bytes_per_token"]?.doubleValue }
        for test in 0..<2 { #expect(bytes[test + 2] - bytes[test] == Double(40 * 5 * 2 * 4 * 8 * 2)) }
        // The last token of a block.
        let single = try Program.run(["bench", Stories.shipped, "--generate", "1", "--depth", "31", "-r", "1"])
        #expect(single.status == 0, "\(single.summary)")
    }

    @Test func theTableIsForPeople() throws {
        let result = try Program.run(["bench", Stories.shipped, "--generate", "4", "--repetitions", "1"])
        #expect(result.status == 0, "\(result.summary)")
        for word in ["tokens/s", "of limit", "memory reads", "generate"] {
            #expect(result.output.contains(word), "\(result.summary)")
        }
        #expect(!result.output.contains("prompt "), "only what was asked for")
    }

    /// The file is a model that everything else reads, and equal seeds make equal files.
    @Test func aSyntheticModelCanBeAFile() throws {
        let scratch = try TemporaryFolder()
        let path = scratch.path("synthetic.gguf")
        let made = try Program.run(["bench", "--synthetic", "bitnet-0.7b", "--synthetic-output", path])
        #expect(made.status == 0 && made.output.isEmpty, "\(made.summary)")
        let inspected = try Program.run(["inspect", path, "--json"])
        let value = try JSONValue.parse(Array(inspected.output.utf8))
        #expect(value["architecture"]?.stringValue == "bitnet")
        #expect(value["configuration"]?["layers"]?.intValue == 24)
        #expect(value["configuration"]?["hidden_size"]?.intValue == 1536)
    }

    /// Training is measured by a recipe whose texts need not be there.
    @Test func trainingIsMeasured() throws {
        let scratch = try TemporaryFolder()
        let recipe = try scratch.write(
            """
            name: tiny
            tokenizer: \(Stories.shipped)
            model: {architecture: bitnet, layers: 1, hidden_size: 256, feed_forward_size: 256, heads: 4,
                    context_length: 32}
            data: {training: nowhere.txt}
            training: {tokens: 1000, windows_per_step: 4, windows_at_once: 2}
            """.utf8, "recipe.yaml")
        let arguments = ["bench", "--training", recipe, "--repetitions", "3"]
        let result = try Program.run(arguments + ["--threads", "1,2", "--json"])
        #expect(result.status == 0, "\(result.summary)")
        let rows = try #require(try JSONValue.parse(Array(result.output.utf8)).arrayValue)
        #expect(rows.map { $0["threads"]?.intValue } == [1, 2])
        for row in rows {
            func number(_ key: String) throws -> Double { try #require(row[key]?.doubleValue, "\(key)") }
            #expect(row["test"]?.stringValue == "training" && row["size"]?.intValue == 128)
            let speed = try #require(row["tokens_per_second"])
            let figures = ["min", "median", "max"].compactMap { speed[$0]?.doubleValue }
            #expect(figures.count == 3 && figures[0] > 0 && figures.sorted() == figures, "\(row)")
            // Six for each weight of the projections and the head, which is the embedding; attention's products.
            let perToken = Double(6 * (4 * 256 * 256 + 3 * 256 * 256 + 256 * 512) + 6 * 256 * 32)
            #expect(try number("operations_per_step") == 128 * perToken)
            let (seconds, peak) = (try number("step_seconds"), try number("peak_operations_per_second"))
            let utilization = try number("utilization")
            #expect(abs(utilization - 128 * perToken / seconds / peak) < 1e-9 * utilization)
            #expect(try number("memory_bytes") > Double(4 * 4 * (7 * 256 * 256 + 256 * 512)))
        }
        let table = try Program.run(arguments + ["--threads", "1"])
        #expect(table.status == 0, "\(table.summary)")
        for word in ["GFLOP/s", "of products", "tokens/step", "128"] {
            #expect(table.output.contains(word), "\(table.summary)")
        }
    }

    @Test(arguments: [
        [], ["--training", "r.yaml", "--prompt", "8"], ["--training", "r.yaml", Stories.shipped],
        [Stories.shipped, "--synthetic", "llama-1b"], ["--synthetic", "gpt-5"],
        [Stories.shipped, "--type", "q4_0"],
        [Stories.shipped, "--prompt", "0"], [Stories.shipped, "--prompt", "1,"], [Stories.shipped, "--threads", "0"],
        [Stories.shipped, "--repetitions", "0"], [Stories.shipped, "--synthetic-output", "/tmp/never.gguf"],
        [Stories.shipped, "--generate", "9223372036854775807"],
    ])
    func wrongUsageIs64(arguments: [String]) throws {
        let result = try Program.run(["bench"] + arguments)
        #expect(result.status == 64 && result.errors.hasPrefix("error: "), "\(arguments): \(result.summary)")
    }
}
