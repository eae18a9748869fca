import Foundation
import TerseJSON
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseEvaluation

@Suite struct ChoiceTests {
    private static let files: [ChoiceTask: (excerpt: String, whole: String)] = [
        .hellaswag: ("hellaswag.txt", "hellaswag_val_full.txt.bz2"), .piqa: ("piqa.jsonl", "piqa_valid.jsonl"),
        .arc: ("arc.json", "llm-adapters_ARC-Easy.test.json"),
    ]

    /// The first items of a benchmark.
    private func items(_ task: ChoiceTask) throws -> [ChoiceItem] {
        try task.items(path: TestData.fixture(try #require(Self.files[task]).excerpt))
    }

    @Test func itemsAreReadFromTheirForms() throws {
        let hellaswag = try items(.hellaswag)
        #expect(hellaswag[0].context == "Roof shingle removal: A man is sitting on a roof. he")
        #expect(hellaswag[0].choices[3] == "starts pulling up roofing on a roof.")
        #expect(hellaswag[0].answer == 3)
        #expect(hellaswag[2].place == TestData.fixture("hellaswag.txt") + ":13")
        let piqa = try items(.piqa)
        #expect(piqa[1].context == "Question: dresser\nAnswer:")
        #expect(piqa[1].choices == ["replace drawer with bobby pin ", "finish, woodgrain with  bobby pin "])
        #expect(piqa[1].answer == 1)
        #expect(piqa[1].place == TestData.fixture("piqa.jsonl") + ":2")
        let arc = try items(.arc)
        #expect(arc[1].choices == ["safety goggles", "breathing mask", "rubber gloves", "lead apron"])
        #expect(arc[1].answer == 1)
        #expect(arc[1].place == TestData.fixture("arc.json") + ": item 1")
    }

    @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)"), arguments: ChoiceTask.allCases)
    func filesAreReadWhole(task: ChoiceTask) throws {
        let whole = try task.items(path: TestData.path("evals/" + (try #require(Self.files[task]).whole)))
        #expect(whole.count == [.hellaswag: 10_042, .piqa: 1838, .arc: 2376][task])
        let excerpt = try items(task)
        #expect(whole.prefix(excerpt.count).map(\.context) == excerpt.map(\.context))
        #expect(whole.prefix(excerpt.count).map(\.choices) == excerpt.map(\.choices))
        #expect(whole.prefix(excerpt.count).map(\.answer) == excerpt.map(\.answer))
        if task == .arc { #expect(whole.filter { $0.choices.count == 4 }.count == 2365) }
    }

    /// Log-likelihoods by llama.cpp (Fixtures/choice.py), with the harness's prompts and token boundaries.
    @Test(arguments: ChoiceTask.allCases)
    func logLikelihoodsAreLlamaCpps(task: ChoiceTask) throws {
        let json = try JSONValue.parse(Data(contentsOf: URL(fileURLWithPath: TestData.fixture("choice.json"))))
        let expected = try #require(json[task.rawValue]?.arrayValue)
        let model = try StoriesModel.shipped()
        let evaluation = ChoiceEvaluation(itemCountMax: expected.count)
        let items = try items(task)
        #expect(items.count == expected.count)
        for (item, entry) in zip(items, expected) {
            let sums = try evaluation.logProbabilities(of: item, try #require(model.tokenizer), model)
            #expect(entry["answer"]?.intValue == item.answer)
            let judged = try #require(entry["sums"]?.arrayValue).compactMap(\.doubleValue)
            #expect(sums.count == judged.count)
            for (found, wanted) in zip(sums, judged) { #expect(abs(found - wanted) < 2e-3 * abs(wanted) + 0.01) }
        }
        let result = try evaluation.measure(items, with: model)
        let right = expected.filter { $0["right"]?.boolValue == true }.count
        let normalized = expected.filter { $0["right_normalized"]?.boolValue == true }.count
        #expect(result.items == expected.count)
        #expect(abs(result.accuracy - Double(right) / Double(expected.count)) < 1e-12)
        #expect(abs(result.normalizedAccuracy - Double(normalized) / Double(expected.count)) < 1e-12)
        // The harness's standard error of a share p of n: sqrt(p (1 − p) / (n − 1)).
        let share = result.accuracy
        let error = (share * (1 - share) / Double(expected.count - 1)).squareRoot()
        #expect(abs(try #require(result.accuracyStandardError) - error) < 1e-12)
    }

    /// Items that leave a tokenizer without a beginning-of-text token nothing to score, or nothing to score it after.
    @Test(arguments: [
        (" ", ["", "no"], "choice 1 of 2, \"\"", "0 in all"), ("yes", ["no", " "], "choice 2 of 2, \" \"", "1 in all"),
        ("", ["no yes"], "choice 1 of 1, \"no yes\"", "none of context"),
    ])
    func answersWithoutTokensNameTheirPlace(context: String, choices: [String], choice: String, found: String) throws {
        var words = TokenizerDefinition(
            algorithm: .wordPiece(WordPieceRules(wordPrefix: "", continuationPrefix: "##", wordCharactersMax: 100)),
            tokens: ByteStrings(["unknown", "yes", "no"]))
        words.special.unknown = 0
        words.preTokenization = [.split(.literal(" "), .removed, inverted: false)]
        let model = try EvaluationModel(runner: StoriesModel.shipped().runner, tokenizer: Tokenizer(words))
        let good = ChoiceItem(context: "yes", choices: ["no", "yes"], answer: 0, place: "f.txt:1")
        let alone = try ChoiceEvaluation().measure([good], with: model)
        #expect(alone.accuracyStandardError == nil && alone.normalizedAccuracyStandardError == nil)
        let bad = ChoiceItem(context: context, choices: choices, answer: 0, place: "f.txt:7")
        let expected = EvaluationError(
            .badData, "f.txt:7: \(choice): expected at least a token of context and one of answer, found \(found)")
        #expect(throws: expected) { try ChoiceEvaluation().measure([good, bad], with: model) }
    }

    @Test func badFilesNameTheirPlace() throws {
        #expect(throws: EvaluationError(.badData, "f: expected six lines an item, found 2 lines")) {
            try ChoiceTask.hellaswag("a\nb\n", "f")
        }
        #expect(throws: EvaluationError(.badData, "f:2: expected the right ending, 0…3, found \"4\"")) {
            try ChoiceTask.hellaswag("c\n4\na\nb\nc\nd\n", "f")
        }
        #expect(throws: EvaluationError(.badData, "f has 1 items, l 2 labels")) {
            try ChoiceTask.piqa("{}\n", "f", "0\n1\n", "l")
        }
        #expect(throws: EvaluationError(.badData, "f:1: expected strings goal, sol1 and sol2")) {
            try ChoiceTask.piqa("{\"goal\": 1}\n", "f", "0\n", "l")
        }
        #expect(throws: EvaluationError.self) { try ChoiceTask.arc("{}", "f") }
        #expect(throws: EvaluationError.self) {
            try ChoiceTask.arc("[{\"instruction\": \"question: a\", \"answer\": \"answer1\"}]", "f")
        }
        #expect(throws: EvaluationError.self) { try ChoiceTask.hellaswag.items(path: "/nowhere") }
        #expect(throws: EvaluationError.self) { try ChoiceTask.hellaswag.items(path: "/nowhere.bz2") }
    }
}

/// The files' forms, without data.
@Suite struct ChoiceFileTests {
    @Test func carriageReturnsEndLinesToo() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a b\r\n2\r\nc\r\nd\r\ne\r\nf\r\n".utf8, "choice.txt")
        let items = try ChoiceTask.hellaswag.items(path: path)
        #expect(items.map(\.context) == ["a b"] && items[0].answer == 2 && items[0].choices == ["c", "d", "e", "f"])
    }

    @Test func filesThatHoldNoQuestionsAreNamed() throws {
        let folder = try TemporaryFolder()
        let empty = try folder.write([], "empty.txt")
        let plain = try folder.write("no archive".utf8, "plain.bz2")
        let missing = folder.path("missing.bz2")
        let cases: [(String, EvaluationError.Code, String)] = [
            (empty, .badData, "expected questions, found none"),
            (plain, .badData, "expected data compressed by bzip2, found other or damaged bytes"),
            (missing, .system, "cannot read: No such file or directory"),
            (folder.url.path, .system, "cannot read: it is a folder"),
        ]
        for (path, code, message) in cases {
            #expect(throws: EvaluationError(code, "\(path): \(message)")) { try ChoiceTask.hellaswag.items(path: path) }
        }
    }
}
