import Foundation
import TerseModel
import TestSupport
import Testing

@testable import TerseEvaluation

@Suite struct DivergenceTests {
    private let text = "Lily and Ben like to play in the park. They see a big slide. \"Look, Ben!\" Lily says."
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func rounded() throws -> EvaluationModel {
        var options = RunnerOptions()
        options.kvType = .int8
        return try StoriesModel.shipped(options)
    }

    private func add(_ measure: inout DivergenceMeasure, _ left: [Float], _ right: [Float]) throws {
        try left.withUnsafeBufferPointer { left in
            try right.withUnsafeBufferPointer { right in try measure.add(left, right) }
        }
    }

    /// D([1/2, 1/4, 1/4] ‖ [1/4, 1/2, 1/4]) = ln 2 / 4, and 0 of a row from itself with something added.
    @Test func divergenceByHand() throws {
        var measure = DivergenceMeasure()
        let row = [2, 1, 1].map { log(Float($0)) + 5 }
        try add(&measure, row, [1, 2, 1].map { log(Float($0)) - 3 })
        #expect(abs(measure.result.mean - log(2) / 4) < 1e-6)
        #expect(measure.result.agreement == 0 && measure.result.standardError == nil)
        for _ in 0..<3 { try add(&measure, row, row) }
        let result = measure.result
        #expect(result.tokens == 4 && result.agreement == 0.75)
        #expect(abs(result.mean - log(2) / 16) < 1e-6)
        // Of the values x, 0, 0, 0 the variance is x² / 4, so the mean's error x / 4.
        #expect(abs(try #require(result.standardError) - log(2) / 16) < 1e-6)
        // Tokens that cannot be on either side.
        var masked = DivergenceMeasure()
        try add(&masked, [0, -.infinity], [0, 0])
        #expect(abs(masked.result.mean - log(2)) < 1e-12)
    }

    /// Nearest rank: of 100 values the 99th, of 101 the greatest but one.
    @Test(arguments: [(1, 1), (99, 99), (100, 99), (101, 100), (200, 198)])
    func percentilesAreNearestRanks(count: Int, rank: Int) throws {
        var measure = DivergenceMeasure()
        var each: [Double] = []
        for index in 1...count {
            var alone = DivergenceMeasure()
            let pair: ([Float], [Float]) = ([0, 0], [0, Float(index) / 100])
            try add(&alone, pair.0, pair.1)
            each.append(alone.result.mean)
            try add(&measure, pair.0, pair.1)
        }
        #expect(measure.result.percentile99 == each[rank - 1])
        #expect(measure.result.greatest == each[count - 1])
    }

    @Test func logitsThatAreNoNumbersAreRefusedWithTheirPosition() throws {
        for bad: [Float] in [[0, .nan], [.nan, 0], [.infinity, 0], [-.infinity, -.infinity]] {
            var measure = DivergenceMeasure()
            try add(&measure, [0, 1], [1, 0])
            for pair in [(bad, [0, 1]), ([0, 1], bad)] as [([Float], [Float])] {
                let error = #expect(throws: EvaluationError.self) { try add(&measure, pair.0, pair.1) }
                #expect(error?.code == .model && error?.message.contains("position 1") == true)
            }
        }
        // What the reference holds possible is impossible to the other.
        var measure = DivergenceMeasure()
        #expect(throws: EvaluationError(.model, "the divergence at position 0 is inf")) {
            try add(&measure, [0, 0], [0, -.infinity])
        }
    }

    @Test func filesOfLogitsAreCompared() throws {
        let tokens: [Int32] = (0..<40).map { Int32(($0 * 31 + 7) % 512) }
        let (first, second) = (folder.path("first"), folder.path("second"))
        try LogitsFile.write(tokens, to: first, with: try StoriesModel.shipped())
        try LogitsFile.write(tokens, to: second, with: try rounded())
        let same = try Divergence.between(reference: first, other: first, vocabularySize: 512)
        #expect(same.mean == 0 && same.greatest == 0 && same.agreement == 1 && same.tokens == 40)
        // Eight bits in the cache cost little.
        let files = try Divergence.between(reference: first, other: second, vocabularySize: 512)
        #expect(files.mean > 0 && files.mean < 1e-2, "\(files)")
        #expect(files.mean < files.percentile99 && files.percentile99 <= files.greatest && files.agreement > 0.9)
        #expect(throws: EvaluationError(.cancelled, "cancelled after 3 of 40 positions")) {
            try Divergence.between(reference: first, other: second, vocabularySize: 512) { $0.done < 3 }
        }
        try folder.write([1, 2, 3], "short")
        #expect(throws: EvaluationError.self) {
            try Divergence.between(reference: first, other: folder.path("short"), vocabularySize: 512)
        }
        for vocabulary in [0, -1, 500, .max] {
            #expect(throws: EvaluationError.self) {
                try Divergence.between(reference: first, other: second, vocabularySize: vocabulary)
            }
        }
        let (nowhere, here) = (folder.path("nowhere"), folder.url.path)
        for (path, reason) in [(nowhere, "No such file or directory"), (here, "it is a folder")] {
            #expect(throws: EvaluationError(.system, "\(path): cannot read: \(reason)")) {
                try Divergence.between(reference: path, other: first, vocabularySize: 512)
            }
        }
    }

    /// In one window the models' outputs are those of the files.
    @Test func modelsAreComparedAsTheirLogitsAre() throws {
        let (model, other) = (try StoriesModel.shipped(), try rounded())
        let tokens = try #require(model.tokenizer).encode(text)
        let (first, second) = (folder.path("first"), folder.path("second"))
        try LogitsFile.write([1] + tokens.dropLast(), to: first, with: model)
        try LogitsFile.write([1] + tokens.dropLast(), to: second, with: other)
        let files = try Divergence.between(reference: first, other: second, vocabularySize: 512)
        #expect(try Divergence.between(reference: model, other: other, text: text, window: 512) == files)
        #expect(try Divergence.between(reference: model, other: model, text: text, window: 512).mean == 0)
    }

    /// Every token is predicted once, however the text is cut into windows and the windows into chunks.
    @Test func windowsCoverTheText() throws {
        var options = RunnerOptions()
        (options.maxRows, options.maxLogitRows) = (7, 3)
        let (model, small) = (try StoriesModel.shipped(), try StoriesModel.shipped(options))
        let count = try #require(model.tokenizer).encode(text).count
        let result = try Divergence.between(reference: model, other: small, text: text, window: 16)
        #expect(result.tokens == count && result.mean == 0)
        #expect(result.parts.reduce(0) { $0 + $1.tokens } == result.tokens && result.parts.count > 2)
        #expect(abs(result.parts.reduce(0) { $0 + $1.nats } / Double(result.tokens) - result.mean) < 1e-12)
        let agreements = result.parts.reduce(0) { $0 + $1.agreements }
        #expect(agreements == Int((result.agreement * Double(result.tokens)).rounded()))
        let some = try Divergence.between(reference: model, other: small, text: text, window: 16, windowCountMax: 2)
        #expect(some.tokens == 15 + 8)
        #expect(throws: EvaluationError(.cancelled, "cancelled after 1 of 2 windows")) {
            try Divergence.between(reference: model, other: small, text: text, window: 16, windowCountMax: 2) {
                $0.done < 1
            }
        }
        #expect(throws: EvaluationError(.badRequest, "window: expected 4…512 tokens, found 513")) {
            try Divergence.between(reference: model, other: small, text: text, window: 513)
        }
        #expect(throws: EvaluationError.self) {
            try Divergence.between(reference: model, other: small, text: "", window: 16)
        }
        let silent = try EvaluationModel(runner: small.runner, tokenizer: nil)
        #expect(throws: EvaluationError.self) {
            try Divergence.between(reference: model, other: silent, text: text, window: 16)
        }
    }
}
