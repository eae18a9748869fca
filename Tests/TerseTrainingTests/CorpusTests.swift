import Foundation
import TestSupport
import Testing

@testable import TerseTraining

/// Text becomes documents, or an error that names the file and the place.
@Suite struct CorpusTests {
    static func documents(_ corpus: TextCorpus, batchBytes: Int = 1 << 20) throws -> [Document] {
        var documents: [Document] = []
        try corpus.forEachBatch(batchBytes: batchBytes) { batch, _ in
            documents += batch
            return true
        }
        return documents
    }

    @Test func filesAndLinesAreDocuments() throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write("One.\r\nTwo \r three\r\n".utf8, "b.txt")
        let marked = try folder.write("\u{FEFF}marked".utf8, "a.md")
        let content = #"{"text": "x\r\ny", "id": 1}"# + "\n\r\n" + #"{"text": "ż"}"#
        let lines = try folder.write(content.utf8, "c.jsonl")
        try folder.write("no text file".utf8, "d.bin")
        let corpus = try TextCorpus([folder.url.path, plain])
        #expect(corpus.files.map(\.path) == [marked, plain, lines])
        #expect(try Self.documents(corpus).map(\.text) == ["marked", "One.\nTwo \r three\n", "x\ny", "ż"])
        #expect(try Self.documents(corpus).map(\.source) == [marked, plain, lines + ":1", lines + ":3"])
        #expect(try Self.documents(corpus, batchBytes: 1) == Self.documents(corpus))
    }

    /// A file counts once, whatever its paths; folders and links that lead nowhere are no texts; case does not matter.
    @Test func filesCountOnce() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(#"{"text": "a"}"#.utf8, "A.JSONL")
        let files = FileManager.default
        try files.createDirectory(atPath: folder.path("sub.txt"), withIntermediateDirectories: true)
        try folder.write("b".utf8, "sub.txt/b.txt")
        try files.createSymbolicLink(atPath: folder.path("c.txt"), withDestinationPath: "A.JSONL")
        try files.createSymbolicLink(atPath: folder.path("gone.txt"), withDestinationPath: "nowhere")
        let corpus = try TextCorpus([folder.url.path + "/", path, folder.path("sub.txt")])
        #expect(corpus.files.map(\.path) == [path, folder.path("sub.txt/b.txt")])
        #expect(try Self.documents(corpus).map(\.text) == ["a", "b"])
    }

    /// Folders behind links are read like others, each once, wherever links lead.
    @Test func linksToFoldersAreFollowed() throws {
        let (folder, elsewhere) = (try TemporaryFolder(), try TemporaryFolder())
        let files = FileManager.default
        try folder.write("a".utf8, "a.txt")
        try elsewhere.write("b".utf8, "b.txt")
        try files.createDirectory(atPath: elsewhere.path("deep"), withIntermediateDirectories: true)
        try elsewhere.write("c".utf8, "deep/c.txt")
        try files.createSymbolicLink(atPath: folder.path("more"), withDestinationPath: elsewhere.url.path)
        try files.createSymbolicLink(atPath: elsewhere.path("deep/round"), withDestinationPath: folder.url.path)
        let expected = ["a.txt", "more/b.txt", "more/deep/c.txt"]
        #expect(try TextCorpus([folder.url.path]).files.map(\.path) == expected.map(folder.path))
        let link = elsewhere.path("link")
        try files.createSymbolicLink(atPath: link, withDestinationPath: folder.url.path)
        #expect(try TextCorpus([link]).files.map(\.path) == expected.map { link + "/" + $0 })
    }

    /// Nobody's clock ends a run.
    @Test func filesMayBeOfAnyCentury() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a".utf8, "a.txt")
        var times = [timespec(tv_sec: 10_413_792_000, tv_nsec: 0), timespec(tv_sec: 10_413_792_000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        #expect(try TextCorpus([path]).files.count == 1)
    }

    /// What a run logs is no text; a file of the same name elsewhere may be one.
    @Test func logsOfRunsAreNoTexts() throws {
        let folder = try TemporaryFolder()
        _ = try RunLock(folder.path("runs/first"))
        let texts = try ["a.txt", "other/log.jsonl", "runs/first/notes.txt"].map {
            let path = folder.path($0)
            try FileManager.default.createDirectory(
                at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
            return try folder.write("text".utf8, $0)
        }
        try folder.write("{}".utf8, "runs/first/log.jsonl")
        #expect(try TextCorpus([folder.url.path]).files.map(\.path) == texts)
    }

    @Test func readingCanBeStopped() throws {
        let folder = try TemporaryFolder()
        for index in 0..<5 { try folder.write("text".utf8, "\(index).txt") }
        var batches = 0
        try TextCorpus([folder.url.path]).forEachBatch(batchBytes: 1) { _, _ in
            batches += 1
            return batches < 2
        }
        #expect(batches == 2)
    }

    @Test(arguments: [
        ("empty.txt", "", "is empty"),
        ("blank.txt", " \n\t\r\n", "holds no text"),
        ("lines.jsonl", "{\"text\": \"a\"}\n{\"body\": \"a\"}\n", ":2: expected an object with a string \"text\""),
        ("broken.jsonl", "{\"text\": \"a\"}\n\n{\"text\": \n", ":3: is not JSON"),
    ])
    func badTextIsNamed(name: String, content: String, message: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(content.utf8, name)
        let error = #expect(throws: TrainingError.self) { try Self.documents(TextCorpus([path])) }
        #expect(error?.message.hasPrefix(path) == true && error?.message.contains(message) == true, "\(error as Any)")
    }

    @Test func bytesThatAreNoTextAreNamed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array("caf".utf8) + [0xC3, 0xA9, 0x20, 0xE9, 0x20], "latin1.txt")
        let error = #expect(throws: TrainingError.self) { try Self.documents(TextCorpus([path])) }
        #expect(error?.message.contains("0xE9 at offset 6") == true, "\(error as Any)")
    }

    @Test func whatIsNotThereIsNamed() throws {
        let folder = try TemporaryFolder()
        for (paths, message) in [
            ([], "no text files"), ([folder.path("none.txt")], "no such file"), ([folder.url.path], "holds no files"),
            (["/dev/null"], "not a regular file"),
        ] {
            let error = #expect(throws: TrainingError.self) { try TextCorpus(paths) }
            #expect(error?.message.contains(message) == true, "\(error as Any)")
        }
    }
}
