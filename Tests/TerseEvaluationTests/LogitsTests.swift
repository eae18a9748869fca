import Foundation
import TerseModel
import TerseTensor
import TestSupport
import Testing

@testable import TerseEvaluation

@Suite struct LogitsTests {
    private let tokens: [Int32] = (0..<40).map { Int32(($0 * 31 + 7) % 512) }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func filesHoldEveryPosition() throws {
        let path = folder.path("logits")
        let model = try StoriesModel.shipped()
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
        let model = try StoriesModel.shipped()
        #expect(throws: EvaluationError.self) {
            try LogitsFile.write(tokens, to: folder.path("link"), with: model) { _ in false }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        try LogitsFile.write(tokens, to: folder.path("link"), with: model)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["link", "target"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 40 * 512 * 4)
        try LogitsFile.write([1], to: "/dev/null", with: model)
    }

    @Test func badRequestsAreRefused() throws {
        let model = try StoriesModel.shipped()
        #expect(throws: EvaluationError(.badRequest, "token at position 1: expected an id from 0 to 511, found 512")) {
            try LogitsFile.write([1, 512], to: folder.path("logits"), with: model)
        }
        #expect(throws: EvaluationError.self) {
            try LogitsFile.write(Array(repeating: 1, count: 513), to: folder.path("logits"), with: model)
        }
        #expect(throws: EvaluationError.self) { try LogitsFile.write([1], to: "/nowhere/file", with: model) }
    }
}
