import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseTraining

/// What a run says of text that it does not learn from.
@Suite struct HeldOutTests {
    let runs: TinyRun

    init() throws { runs = try TinyRun() }

    /// The sum of −log p of what follows, by the model's own logits, over the bytes that it stands for. Beginnings of
    /// texts are no text: they have no bytes and are not scored.
    @Test func bitsPerByteAreThoseOfTheLogits() throws {
        let model = try runs.prepare("run").model
        let definition = try TokenizerFile.open(runs.recipe.tokenizer)
        let tokenizer = try Tokenizer(definition)
        let dataset = try #require(
            try TokenDatasetWriter(corpus: TextCorpus([runs.folder.path("text")]), definition: definition)
                .dataset(at: runs.folder.path("held-out.tokens"), team: model.team))
        let stream = TokenStream(dataset, documents: dataset.documentEnds.indices)
        let (length, windows) = (model.tokensPerWindow, 23)
        // Four windows go through the model at once: the last three leave room.
        let found = try HeldOutEvaluation(
            stream, tokenizer: tokenizer, tokensPerWindow: length, windowsMax: windows
        ).evaluate(model)

        let available = (stream.count - 1) / length
        var (nats, scored, bytes, unscored) = (0.0, 0, 0, 0)
        for window in 0..<windows {
            let start = window * available / windows * length
            let ids = TokenDatasetTests.ids(length + 1) { range, target in
                stream.copy(start..<start + range.count, to: target)
            }
            let batch = Array(ids.prefix(length)) + [Int32](repeating: 0, count: model.rows - length)
            let logits = try model.logits(tokens: batch)
            for (row, target) in ids.dropFirst().enumerated() {
                guard definition.kinds[Int(target)] != .control else {
                    unscored += 1
                    continue
                }
                let scores = logits[row * 400..<(row + 1) * 400].map { Double($0) }
                let greatest = try #require(scores.max())
                let total = greatest + log(scores.reduce(0) { $0 + exp($1 - greatest) })
                nats += total - scores[Int(target)]
                scored += 1
                bytes += tokenizer.piece(target).count
            }
        }
        #expect(unscored > 0 && scored + unscored == windows * length)
        #expect(abs(found.nats - nats / Double(scored)) < 1e-5 * found.nats)
        #expect(abs(found.bitsPerByte - nats / log(2) / Double(bytes)) < 1e-5 * found.bitsPerByte)
    }

    /// Texts of its own are tokenised beside those that are learned from.
    @Test func aRunIsEvaluatedOnOtherTexts() throws {
        try runs.folder.write(Data(contentsOf: TinyRun.excerpt).suffix(2000), "other.md")
        var recipe = runs.recipe
        (recipe.data.heldOut, recipe.data.heldOutFraction) = ([runs.folder.path("other.md")], 0)
        let run = try runs.prepare("run", recipe)
        _ = try run.train { event in
            if case .stepped(let entry, _) = event { entry.step < 10 } else { true }
        }
        let heldOut = try #require(try TrainingLog.read(runs.folder.path("run/log.jsonl")).last?.heldOut)
        #expect(heldOut.bitsPerByte > 0 && heldOut.bitsPerByte < 8, "\(heldOut)")
        #expect(FileManager.default.fileExists(atPath: runs.folder.path("run/held-out.tokens")))
    }

    /// Shorter than a window, there is nothing to say.
    @Test func tooShortATextIsRefused() throws {
        try runs.folder.write("short".utf8, "short.txt")
        var recipe = runs.recipe
        (recipe.data.heldOut, recipe.data.heldOutFraction) = ([runs.folder.path("short.txt")], 0)
        let error = #expect(throws: TrainingError.self) { try runs.prepare("run", recipe) }
        #expect(error?.message.contains("expected more than a window of 16") == true, "\(error as Any)")
    }
}
