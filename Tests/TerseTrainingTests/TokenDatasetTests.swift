import Foundation
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseTraining

/// Text becomes ids once; the file of ids is trusted only as far as it was checked.
@Suite struct TokenDatasetTests {
    let folder: TemporaryFolder
    let corpus: TextCorpus
    let definition: TokenizerDefinition
    let team = ThreadTeam(threads: 2)

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("text"), withIntermediateDirectories: true)
        for (index, word) in ["one two", "three four five", "six", "seven eight", "nine ten eleven"].enumerated() {
            try folder.write(String(repeating: word + " ", count: 20 + index).utf8, "text/\(index).txt")
        }
        corpus = try TextCorpus([folder.path("text")])
        let training = TokenizerTraining(
            trainer: BytePairTrainer(vocabularySize: 300, specialTokens: ["<|endoftext|>"]), preTokenizer: "gpt-2",
            endOfText: "<|endoftext|>")
        definition = try #require(try training.train(on: corpus, team: team))
    }

    func dataset(_ name: String = "data.tokens") throws -> TokenDataset {
        try #require(
            try TokenDatasetWriter(corpus: corpus, definition: definition).dataset(at: folder.path(name), team: team))
    }

    static func ids(_ count: Int, _ copy: (Range<Int>, UnsafeMutablePointer<Int32>) -> Void) -> [Int32] {
        var ids = [Int32](repeating: -1, count: count)
        ids.withUnsafeMutableBufferPointer { copy(0..<count, $0.baseAddress!) }
        return ids
    }

    @Test func holdsWhatTheTokenizerSays() throws {
        let dataset = try dataset()
        let tokenizer = try Tokenizer(definition)
        let expected = try CorpusTests.documents(corpus).map { tokenizer.encode($0.text, addSpecial: true) }
        #expect(expected.allSatisfy { $0.first == 0 })
        #expect(Self.ids(dataset.count, dataset.copy) == expected.flatMap { $0 })
        for (index, ids) in expected.enumerated() { #expect(dataset.range(ofDocument: index).count == ids.count) }
        #expect(dataset.origin.textBytes == corpus.byteCount)
    }

    /// A text of nothing that the tokenizer knows is named.
    @Test func aTextWithoutTokensIsNamed() throws {
        var bare = definition
        bare.prefix = []
        bare.tokens = ByteStrings(
            (0..<definition.tokens.count).map { id in
                let token = String(decoding: definition.tokens[id], as: UTF8.self)
                return token == "z" ? "nothing" : token
            })
        let path = try folder.write("zzz".utf8, "text/zzz.txt")
        let writer = try TokenDatasetWriter(corpus: TextCorpus([folder.path("text")]), definition: bare)
        let error = #expect(throws: TrainingError.self) { try writer.dataset(at: folder.path("bare"), team: team) }
        #expect(error?.message == "\(path): the tokenizer has no token for any of its text")
    }

    @Test func isMadeOnceAndAgainWhenTheTextChanges() throws {
        let first = try dataset()
        let path = first.path
        let inode = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
        _ = try dataset()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int == inode)
        try folder.write("other text altogether".utf8, "text/0.txt")
        let changed = try TextCorpus([folder.path("text")])
        let writer = try TokenDatasetWriter(corpus: changed, definition: definition)
        let second = try #require(try writer.dataset(at: path, team: team))
        #expect(second.count < first.count && second.origin.files == changed.files)
    }

    @Test func stoppingLeavesNothing() throws {
        let writer = try TokenDatasetWriter(corpus: corpus, definition: definition)
        #expect(try writer.dataset(at: folder.path("stopped.tokens"), team: team) { _ in false } == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["text"])
    }

    /// Cut anywhere, or with any byte changed, the file is refused or gives ids below the vocabulary's size.
    @Test func damageIsNoticedOrHarmless() throws {
        let path = try dataset().path
        let whole = try Data(contentsOf: URL(filePath: path))
        for cut in stride(from: 0, to: whole.count, by: 7) {
            let damaged = try folder.write(whole.prefix(cut), "cut.tokens")
            let error = #expect(throws: TrainingError.self) { try TokenDataset(path: damaged) }
            #expect(error?.message.hasPrefix(damaged) == true)
        }
        var random = SplitMix64(seed: 9)
        for _ in 0..<500 {
            var bytes = whole
            bytes[bytes.startIndex + random.next(below: bytes.count)] ^= UInt8(1 << random.next(below: 8))
            let damaged = try folder.write(bytes, "damaged.tokens")
            guard let dataset = try? TokenDataset(path: damaged) else { continue }
            let size = Int32(dataset.origin.vocabularySize)
            #expect(Self.ids(dataset.count, dataset.copy).allSatisfy { $0 >= 0 && $0 < size })
        }
    }

    @Test func streamsJoinDocuments() throws {
        let dataset = try dataset()
        let all = Self.ids(dataset.count, dataset.copy)
        for chosen in [[0, 1, 2, 3, 4], [0, 2, 3], [4], [1, 3]] {
            let stream = TokenStream(dataset, documents: chosen)
            let expected = chosen.flatMap { all[dataset.range(ofDocument: $0)] }
            #expect(Self.ids(stream.count, stream.copy) == expected)
            for start in stride(from: 0, to: expected.count - 9, by: 5) {
                var window = [Int32](repeating: -1, count: 9)
                window.withUnsafeMutableBufferPointer { stream.copy(start..<start + 9, to: $0.baseAddress!) }
                #expect(window == Array(expected[start..<start + 9]))
            }
        }
    }

    @Test func splitsWholeDocuments() throws {
        let dataset = try dataset()
        for fraction in [0.01, 0.3, 0.5, 0.99] {
            let split = try HeldOutSplit(dataset, fraction: fraction, seed: 3)
            #expect((split.training + split.heldOut).sorted() == [0, 1, 2, 3, 4])
            #expect(!split.training.isEmpty && !split.heldOut.isEmpty)
            #expect(split == (try HeldOutSplit(dataset, fraction: fraction, seed: 3)))
        }
        #expect(try HeldOutSplit(dataset, fraction: 0, seed: 3).heldOut.isEmpty)
        #expect(throws: TrainingError.self) { try HeldOutSplit(dataset, fraction: 1, seed: 3) }
    }

    /// Within an epoch no id is a target twice; the order differs between epochs and seeds; a resumed order goes on.
    @Test func windowsCoverTheStreamOnce() throws {
        var order = try WindowOrder(streamCount: 1003, windowCount: 16, seed: 7)
        var epochs: [[Int]] = [[]]
        while epochs.count < 4 {
            let start = order.next()
            if order.epoch == epochs.count { epochs.append([]) }
            epochs[order.epoch].append(start)
        }
        epochs.removeLast()
        for starts in epochs {
            let sorted = starts.sorted()
            #expect(sorted != starts)
            #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 == 16 })
            #expect(sorted[0] < 16 && sorted.last! + 16 < 1003 && sorted.last! + 32 >= 1003)
        }
        #expect(Set(epochs).count == 3)
        var other = try WindowOrder(streamCount: 1003, windowCount: 16, seed: 8)
        #expect((0..<epochs[0].count).map { _ in other.next() } != epochs[0])
        var begun = try WindowOrder(streamCount: 1003, windowCount: 16, seed: 7)
        for _ in 0..<70 { _ = begun.next() }
        var resumed = try WindowOrder(
            streamCount: 1003, windowCount: 16, seed: 7, epoch: begun.epoch, position: begun.position)
        for _ in 0..<100 { #expect(begun.next() == resumed.next()) }
        #expect(throws: TrainingError.self) { try WindowOrder(streamCount: 32, windowCount: 16, seed: 1) }
        #expect(throws: TrainingError.self) { try WindowOrder(streamCount: 99, windowCount: 16, seed: 1, position: 7) }
    }
}
