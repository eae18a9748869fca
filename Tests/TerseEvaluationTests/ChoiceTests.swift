import Foundation
import TerseJSON
import TestSupport
import Testing

@testable import TerseEvaluation

@Suite(.enabled(if: TestData.stories != nil, "\(TestData.absence)"))
struct ChoiceTests {
    private static let files: [ChoiceTask: String] = [
        .hellaswag: "hellaswag_val_full.txt.bz2", .piqa: "piqa_valid.jsonl", .arc: "llm-adapters_ARC-Easy.test.json",
    ]

    private func items(_ task: ChoiceTask) throws -> [ChoiceItem] {
        let name = try #require(Self.files[task])
        return try task.items(path: try #require(TestData.shared("evals/" + name)))
    }

    @Test func filesAreReadWhole() throws {
        let hellaswag = try items(.hellaswag)
        #expect(hellaswag.count == 10_042)
        #expect(hellaswag[0].context == "Roof shingle removal: A man is sitting on a roof. he")
        #expect(hellaswag[0].choices[3] == "starts pulling up roofing on a roof.")
        #expect(hellaswag[0].answer == 3)
        let piqa = try items(.piqa)
        #expect(piqa.count == 1838)
        #expect(piqa[1].context == "Question: dresser\nAnswer:")
        #expect(piqa[1].choices == ["replace drawer with bobby pin ", "finish, woodgrain with  bobby pin "])
        #expect(piqa[1].answer == 1)
        let arc = try items(.arc)
        #expect(arc.count == 2376)
        #expect(arc[1].choices == ["safety goggles", "breathing mask", "rubber gloves", "lead apron"])
        #expect(arc[1].answer == 1)
        #expect(arc.filter { $0.choices.count == 4 }.count == 2365)
    }

    /// Log-likelihoods by llama.cpp (Fixtures/choice.py), with the harness's prompts and token boundaries.
    @Test(arguments: ChoiceTask.allCases)
    func logLikelihoodsAreLlamaCpps(task: ChoiceTask) throws {
        let json = try JSONValue.parse(Data(contentsOf: URL(fileURLWithPath: TestData.fixture("choice.json"))))
        let expected = try #require(json[task.rawValue]?.arrayValue)
        let model = try StoriesModel.evaluation()
        let evaluation = ChoiceEvaluation(itemCountMax: expected.count)
        let items = try Array(items(task).prefix(expected.count))
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
        #expect(abs(result.accuracyStandardError - error) < 1e-12)
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
}
