import Foundation
import TerseJSON
import TestSupport
import Testing

@Suite struct EvalTests {
    /// The logits of a position do not depend on what comes after, and the file has the promised shape.
    @Test func logitsAreFloatsPositionByPosition() throws {
        let scratch = try TemporaryFolder()
        var rows: [[Float]] = []
        for tokens in ["1 403 407", "1 403 407 261 378"] {
            let output = scratch.url.appending(path: "\(rows.count).f32")
            let result = try Program.run(
                ["eval", "logits", Stories.shipped, "--tokens", tokens, "--output", output.path])
            #expect(result.status == 0 && result.output.isEmpty, "\(result.summary)")
            let data = try Data(contentsOf: output)
            rows.append(data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
        }
        #expect(rows[0].count == 3 * 512 && rows[1].count == 5 * 512)
        #expect(rows[0] == Array(rows[1].prefix(3 * 512)))
        #expect(rows[0].allSatisfy { $0.isFinite })
        // After the beginning-of-text token a story begins with "Once", token 403.
        let first = rows[0].prefix(512)
        #expect(first.indices.max { first[$0] < first[$1] } == 403)
    }

    @Test(
        .enabled(if: TestData.isPresent, "\(TestData.absence)"), arguments: [[], ["--chunked"], ["--stride", "100"]])
    func perplexityIsAPlausibleFigure(options: [String]) throws {
        let scratch = try TemporaryFolder()
        let text = try Stories.golden()
        let file = try scratch.write(Data(text.utf8), "golden.txt")
        let result = try Program.run(
            ["eval", "perplexity", Stories.shipped, "--file", file, "--context", "128", "--json"] + options)
        #expect(result.status == 0, "\(result.summary)")
        let value = try JSONValue.parse(Array(result.output.utf8))
        // The model's own greedy text: it finds it easy.
        let perplexity = try #require(value["perplexity"]?.doubleValue)
        #expect(perplexity > 1 && perplexity < 4, "\(result.summary)")
        let scored = try #require(value["tokens_scored"]?.intValue)
        let error = try #require(value["standard_error"]?.doubleValue)
        #expect(scored > 60 && error > 0 && error < perplexity, "\(result.summary)")
        if options != ["--chunked"] {  // Every token scored once: the bits are those of the whole text.
            let bits = try #require(value["bits_per_byte"]?.doubleValue)
            let expected = Double(scored) * Foundation.log2(perplexity) / Double(text.utf8.count)
            #expect(abs(bits - expected) < 1e-6 * expected, "\(result.summary)")
        }
    }

    @Test(
        .enabled(if: TestData.isPresent, "\(TestData.absence)"),
        arguments: [
            ("hellaswag", "hellaswag_val_full.txt.bz2"), ("piqa", "piqa_valid.jsonl"),
            ("arc", "llm-adapters_ARC-Easy.test.json"),
        ])
    func choiceAnswersInProportions(task: String, file: String) throws {
        let result = try Program.run(
            [
                "eval", "choice", Stories.shipped, "--task", task, "--file", TestData.path("evals/\(file)"), "--limit",
                "8",
            ]
                + ["--json"])
        #expect(result.status == 0, "\(result.summary)")
        let value = try JSONValue.parse(Array(result.output.utf8))
        #expect(value["items"]?.intValue == 8)
        let accuracy = try #require(value["acc"]?.doubleValue)
        #expect((accuracy * 8).rounded() == accuracy * 8 && (0...1).contains(accuracy))
        #expect(value["acc_norm"]?.doubleValue != nil && value["acc_norm_stderr"]?.doubleValue != nil)
    }

    /// Two encodings of one model over a text, and their logits as files.
    @Test func divergenceOfModelsAndOfFiles() throws {
        let scratch = try TemporaryFolder()
        let text = try scratch.write("Once upon a time, there was a little girl named Lily.".utf8, "text.txt")
        let small = scratch.path("q8_0.gguf")
        let converted = try Program.run(["convert", Stories.shipped, small, "--type", "q8_0"])
        try #require(converted.status == 0, "\(converted.summary)")
        let models = try Program.run(["eval", "divergence", Stories.shipped, small, "--file", text, "--json"])
        #expect(models.status == 0, "\(models.summary)")
        let value = try JSONValue.parse(Array(models.output.utf8))
        let mean = try #require(value["mean"]?.doubleValue)
        let (p99, most) = (try #require(value["p99"]?.doubleValue), try #require(value["max"]?.doubleValue))
        #expect(mean > 0 && mean < p99 && p99 <= most && most < 1, "\(models.summary)")
        #expect(try #require(value["standard_error"]?.doubleValue) > 0)
        #expect((0.5...1).contains(try #require(value["top1_agreement"]?.doubleValue)))
        let ids = try Program.run(["tokenize", Stories.shipped, "--file", text]).output.split(separator: " ")
        #expect(value["tokens"]?.intValue == ids.count)

        // What predicts the text's tokens: all but the last, after the beginning-of-text token.
        let fed = "1 " + ids.dropLast().joined(separator: " ")
        var files: [String] = []
        for model in [Stories.shipped, small] {
            files.append(scratch.path("\(files.count).f32"))
            let result = try Program.run(["eval", "logits", model, "--tokens", fed, "--output", files.last!])
            try #require(result.status == 0, "\(result.summary)")
        }
        let same = try Program.run(["eval", "divergence", files[0], files[1], "--vocabulary", "512", "--json"])
        #expect(same.status == 0 && same.output == models.output, "\(same.summary)")
        let plain = try Program.run(["eval", "divergence", files[0], files[0], "--vocabulary", "512"])
        #expect(plain.output.hasPrefix("divergence 0.00000 ± 0.00000 nats a token"), "\(plain.summary)")
        #expect(plain.output.contains("same first choice at 100.00 % of \(ids.count) tokens"), "\(plain.summary)")
    }

    /// A figure of one value has no standard error, and says so.
    @Test func oneValueHasNoStandardError() throws {
        let scratch = try TemporaryFolder()
        let text = try scratch.write("a".utf8, "one.txt")
        let question = try scratch.write("It was\n0\na cat\na dog\na hen\na cow\n".utf8, "one-question.txt")
        let cases: [([String], String, [String])] = [
            (["perplexity", Stories.shipped, "--file", text], "± –, ", ["standard_error"]),
            (["divergence", Stories.shipped, Stories.shipped, "--file", text], "± – nats", ["standard_error"]),
            (
                ["choice", Stories.shipped, "--task", "hellaswag", "--file", question], "± –, ",
                ["acc_stderr", "acc_norm_stderr"]
            ),
        ]
        for (arguments, words, members) in cases {
            let plain = try Program.run(["eval"] + arguments)
            #expect(plain.status == 0 && plain.output.contains(words), "\(plain.summary)")
            let value = try JSONValue.parse(try Program.run(["eval"] + arguments + ["--json"]).output)
            for member in members { #expect(value[member]?.isNull == true, "\(value)") }
        }
    }

    /// Windows longer than the model's texts were are said to be, and which were run.
    @Test func contextsBeyondTheModelsAreSaid() throws {
        let scratch = try TemporaryFolder()
        let text = try scratch.write("Once upon a time, there was a little girl named Lily.".utf8, "text.txt")
        let ids = try Program.run(["tokenize", Stories.shipped, "--file", text]).output.split(separator: " ")
        let (model, note) = (Stories.shipped, "note: texts of up to 600 tokens, but the model was trained with 512\n")
        let result = try Program.run(["eval", "perplexity", model, "--file", text, "--context", "600"])
        #expect(result.errors.contains(note), "\(result.summary)")
        #expect(result.output.hasSuffix(" in 1 window of \(ids.count + 1)\n"), "\(result.summary)")
        let both = try Program.run(["eval", "divergence", model, model, "--file", text, "--context", "600"])
        #expect(both.errors.components(separatedBy: note).count == 2, "\(both.summary)")
        let within = try Program.run(["eval", "perplexity", model, "--file", text, "--context", "512"])
        #expect(within.status == 0 && !within.errors.contains("note: texts"), "\(within.summary)")
    }

    /// What keys and values in 8 bits cost, told by one model beside itself.
    @Test func divergenceOfCaches() throws {
        let scratch = try TemporaryFolder()
        let text = try scratch.write("Once upon a time, there was a little girl named Lily.".utf8, "text.txt")
        let arguments = [
            "eval", "divergence", Stories.shipped, Stories.shipped, "--file", text, "--json", "--other-kv",
        ]
        let same = try JSONValue.parse(try Program.run(arguments + ["f16"]).output)
        #expect(same["max"]?.doubleValue == 0 && same["top1_agreement"]?.doubleValue == 1)
        let result = try Program.run(arguments + ["int8"])
        let mean = try JSONValue.parse(result.output)["mean"]?.doubleValue ?? 1
        #expect(mean > 0 && mean < 0.01, "\(result.summary)")
        let both = try Program.run(arguments + ["int8", "--kv", "int8"])
        #expect(try JSONValue.parse(both.output)["max"]?.doubleValue == 0, "\(both.summary)")
    }

    /// A pipe or device is written to, and is still what it was afterwards.
    @Test func logitsGoToPipesToo() throws {
        let scratch = try TemporaryFolder()
        let pipe = scratch.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = Process()
        reader.executableURL = URL(filePath: "/bin/cat")
        reader.arguments = [pipe]
        let received = scratch.url.appending(path: "received")
        try Data().write(to: received)
        reader.standardOutput = try FileHandle(forWritingTo: received)
        try reader.run()
        let result = try Program.run(["eval", "logits", Stories.shipped, "--tokens", "1 2", "--output", pipe])
        #expect(result.status == 0, "\(result.summary)")
        #expect(Program.wait(for: reader) == 0)
        #expect(try Data(contentsOf: received).count == 2 * 512 * 4)
        var status = stat()
        #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }

    @Test func badInputsAreErrors() throws {
        let scratch = try TemporaryFolder()
        let short = try scratch.write(Data("Once".utf8), "short.txt")
        let binary = try scratch.write(Data([0xFF, 0xC0]), "binary.txt")
        let empty = try scratch.write(Data(), "empty.txt")
        let output = scratch.path("out.f32")
        let cases: [([String], Int32, String)] = [
            (["logits", Stories.shipped, "--tokens", "1 99999", "--output", output], 1, "99999"),
            (["logits", Stories.shipped, "--tokens", "one", "--output", output], 64, "one"),
            (["logits", Stories.shipped, "--tokens", "1", "--output", "/no/such/file"], 1, "/no/such/file"),
            (["perplexity", Stories.shipped, "--file", binary], 1, "UTF-8"),
            (["perplexity", Stories.shipped, "--file", short, "--chunked"], 1, "tokens"),
            (["perplexity", Stories.shipped, "--file", empty], 1, "empty.txt: the text has 0 tokens"),
            (["divergence", Stories.shipped, Stories.shipped, "--file", empty], 1, "empty.txt: the text has 0 tokens"),
            (["perplexity", Stories.shipped, "--file", short, "--context", "1"], 64, "--context"),
            (["choice", Stories.shipped, "--task", "chess", "--file", short], 64, "chess"),
            (["divergence", Stories.shipped, Stories.shipped], 64, "--vocabulary"),
            (["divergence", short, short, "--vocabulary", "0"], 64, "--vocabulary"),
            (["divergence", short, short, "--vocabulary", "512", "--other-kv", "int8"], 64, "--other-kv"),
            (["divergence", short, short, "--vocabulary", "512"], 1, "512 tokens"),
            (["divergence", Stories.shipped, short, "--file", short], 1, "short.txt"),
            (["perplexity", Stories.shipped, "--file", short, "--memory", "100 KB"], 1, "100000 are allowed"),
            (["choice", Stories.shipped, "--task", "hellaswag", "--file", short], 1, "short.txt"),
        ]
        for (arguments, status, message) in cases {
            let result = try Program.run(["eval"] + arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(message), "\(result.summary)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }
}
