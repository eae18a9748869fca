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
        // A single token reads all tensors once (the embedding is the output matrix too): f16 matrices, f32 norms.
        let bytesPerToken = Double(2 * (260_032 - 11 * 64) + 4 * 11 * 64)
        #expect(rows[2]["bytes_per_token"]?.doubleValue == bytesPerToken)
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

    @Test(arguments: [
        [], [Stories.shipped, "--synthetic", "llama-1b"], ["--synthetic", "gpt-5"],
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
