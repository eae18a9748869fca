import Foundation
import TerseModel
import TerseTensor
import TestSupport
import Testing

@testable import TerseEvaluation

@Suite(.enabled(if: TestData.stories != nil, "\(TestData.absence)"))
struct LogitsTests {
    private let tokens: [Int32] = (0..<40).map { Int32(($0 * 31 + 7) % 512) }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func filesHoldEveryPosition() throws {
        let path = folder.path("logits")
        let model = try StoriesModel.evaluation()
        var steps: [Int] = []
        try LogitsFile.write(tokens, to: path, with: model) {
            steps.append($0.done)
            return true
        }
        #expect(steps.last == 40)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(data.count == 40 * 512 * 4)
        // The last row is that of the tokens run one by one.
        let batch = try model.runner.makeBatch()
        let sequence = try model.runner.makeSequence()
        for token in tokens {
            try batch.append([token], to: sequence, outputs: .last)
            model.runner.forward(batch)
        }
        let last = model.runner.logits().map(\.self)
        let found = data.suffix(512 * 4).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        #expect(found == last)
    }

    @Test func whatIsThereIsReplacedWhenTheNewIsWhole() throws {
        let path = try folder.write("old".utf8, "target")
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "target")
        let model = try StoriesModel.evaluation()
        #expect(throws: EvaluationError.self) {
            try LogitsFile.write(tokens, to: folder.path("link"), with: model) { _ in false }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        try LogitsFile.write(tokens, to: folder.path("link"), with: model)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["link", "target"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 40 * 512 * 4)
        try LogitsFile.write([1], to: "/dev/null", with: model)
    }

    @Test func aModelDivergesFromItselfByNothing() throws {
        let (first, second) = (folder.path("first"), folder.path("second"))
        var options = RunnerOptions()
        options.kvType = .int8
        let (model, rounded) = (try StoriesModel.evaluation(), try StoriesModel.evaluation(options))
        try LogitsFile.write(tokens, to: first, with: model)
        try LogitsFile.write(tokens, to: second, with: rounded)
        let same = try Divergence.between(reference: first, other: first, vocabularySize: 512)
        #expect(same.mean == 0 && same.agreement == 1 && same.tokens == 40)
        // Eight bits in the cache cost little.
        let files = try Divergence.between(reference: first, other: second, vocabularySize: 512)
        #expect(files.mean > 0 && files.mean < 1e-3, "\(files.mean)")
        #expect(files.agreement > 0.9)
        #expect(try Divergence.between(reference: model, other: rounded, tokens: tokens) == files)
    }

    /// D([1/2, 1/4, 1/4] ‖ [1/4, 1/2, 1/4]) = ln 2 / 4.
    @Test func divergenceByHand() throws {
        var measure = DivergenceMeasure()
        try measure.add([2, 1, 1].map { log(Float($0)) + 5 }, [1, 2, 1].map { log(Float($0)) - 3 })
        #expect(abs(measure.result.mean - log(2) / 4) < 1e-6)
        #expect(measure.result.agreement == 0)
        #expect(throws: EvaluationError.self) { try measure.add([0, .nan], [0, 0]) }
    }

    @Test func badRequestsAreRefused() throws {
        let model = try StoriesModel.evaluation()
        #expect(throws: EvaluationError(.badRequest, "token at position 1: expected an id from 0 to 511, found 512")) {
            try LogitsFile.write([1, 512], to: folder.path("logits"), with: model)
        }
        #expect(throws: EvaluationError.self) {
            try LogitsFile.write(Array(repeating: 1, count: 513), to: folder.path("logits"), with: model)
        }
        #expect(throws: EvaluationError.self) { try LogitsFile.write([1], to: "/nowhere/file", with: model) }
        #expect(throws: EvaluationError.self) {
            try Divergence.between(reference: "/nowhere", other: "/nowhere", vocabularySize: 512)
        }
    }
}
