import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse tokenize` against the ids that llama.cpp's authors expect.
@Suite(.enabled(if: TestData.isPresent, "\(TestData.absence)")) struct TokenizeTests {
    static let vocabularies: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: TestData.path("tokenizers"))
        return (names ?? []).filter { $0.hasSuffix(".gguf.inp") }.map { String($0.dropLast(9)) }.sorted()
    }()

    @Test func thereAreVocabularies() { #expect(Self.vocabularies.count == 6, "\(Self.vocabularies)") }

    /// Each text in a file of its own, all in one call: a line of ids for each.
    @Test(arguments: vocabularies) func vectorsMatch(vocabulary: String) throws {
        let texts = try TestData.text("tokenizers/\(vocabulary).gguf.inp").components(
            separatedBy: "\n__ggml_vocab_test__\n")
        let expected = try TestData.text("tokenizers/\(vocabulary).gguf.out").split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        let scratch = try TemporaryFolder()
        let files = try texts.enumerated().flatMap { index, text in
            ["--file", try scratch.write(Data(text.utf8), "\(index).txt")]
        }
        let result = try Program.run(["tokenize", TestData.path("tokenizers/\(vocabulary).gguf")] + files)
        #expect(result.status == 0, "\(result.summary)")
        var lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.popLast() == "")
        lines.removeAll(where: \.isEmpty)
        #expect(lines == expected.filter { !$0.isEmpty })
    }

    /// A small one, which opens fast.
    static let small = TestData.path("tokenizers/ggml-vocab-llama-spm.gguf")
    static let llama3 = TestData.path("tokenizers/ggml-vocab-llama-bpe.gguf")

    @Test func jsonSpecialTokensAndStandardInput() throws {
        let text = "Hello<|eot_id|>"
        let plain = try Program.run(["tokenize", Self.llama3, text, "--json"])
        let value = try JSONValue.parse(Array(plain.output.utf8))
        let ids = try #require(value["tokens"]?.arrayValue).compactMap(\.intValue)
        #expect(ids.count > 2 && !ids.contains(128009), "text that spells a special token stays text")
        let special = try Program.run(["tokenize", Self.llama3, "--special", "--bos"], input: text)
        #expect(special.output == "128000 9906 128009\n")
    }

    @Test func theReaderMayLeave() throws {
        let scratch = try TemporaryFolder()
        let file = try scratch.write(Data(String(repeating: "word ", count: 400_000).utf8), "long.txt")
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments =
            ["-c", "\"$0\" tokenize \"$1\" --file \"$2\" | head -c 10; echo \" ${PIPESTATUS[0]}\""]
            + [Program.url.path, Self.llama3, file]
        let output = Pipe(), errors = Pipe()
        shell.standardOutput = output
        shell.standardError = errors
        try shell.run()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(Program.wait(for: shell) == 0)
        #expect(said.hasSuffix(" 141\n"), "\(said)")
        #expect(try errors.fileHandleForReading.readToEnd() ?? Data() == Data())
    }

    @Test func badInputsAreErrors() throws {
        let scratch = try TemporaryFolder()
        let binary = try scratch.write(Data([0xFF, 0xFE, 0x00]), "binary.txt")
        let cases: [([String], String)] = [
            ([scratch.path("absent.gguf"), "x"], "absent.gguf"),
            ([scratch.url.path, "x"], scratch.url.lastPathComponent),
            ([binary, "x"], "binary.txt"),
            ([Self.small, "--file", scratch.path("absent.txt")], "absent.txt: no such file"),
            ([Self.small, "--file", scratch.url.path], "expected a text file, found a directory"),
            ([Self.small, "--file", binary], "expected UTF-8"),
        ]
        for (arguments, message) in cases {
            let result = try Program.run(["tokenize"] + arguments)
            #expect(result.status == 1 && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(message), "\(result.summary)")
        }
    }
}
