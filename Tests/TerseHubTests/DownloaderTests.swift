import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TerseHub

/// Downloads from a real server on the loopback interface.
@Suite struct DownloaderTests {
    let place: Place

    init() throws { place = try Place() }

    @Test func fetchesAndKeeps() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let seen = Mutex<[DownloadProgress]>([])
        let url = server.url("/a/model.gguf")
        let file = try await place.fetch(url, sha256: Place.sha256.uppercased()) { report in
            seen.withLock { $0.append(report) }
        }
        #expect(file.sha256 == Place.sha256 && file.bytes == 1_000_000 && !file.wasPresent)
        #expect(file.path == place.folder.url.path + "/models/127.0.0.1_\(server.port)/a/model.gguf")
        #expect(try Array(Data(contentsOf: URL(filePath: file.path))) == Place.bytes)
        #expect(place.leftovers.isEmpty)
        let last = try #require(seen.withLock { $0.last })
        #expect(last == DownloadProgress(phase: .downloading, receivedBytes: 1_000_000, totalBytes: 1_000_000))
        // There already: nothing is asked for, with a hash or without.
        #expect(try await place.fetch(url).wasPresent)
        #expect(try await place.fetch(url, sha256: Place.sha256).wasPresent)
        #expect(server.requests.count == 1)
    }

    /// The record says what was fetched; a hash says what is wanted, and the bytes are read again.
    @Test func aHashIsCheckedAgainstTheBytes() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let url = server.url("/model.gguf")
        let file = try await place.fetch(url)
        var damaged = Place.bytes
        damaged[500_000] ^= 1
        try Data(damaged).write(to: URL(filePath: file.path))
        let again = try await place.fetch(url, sha256: Place.sha256)
        #expect(!again.wasPresent)
        #expect(try Array(Data(contentsOf: URL(filePath: file.path))) == Place.bytes)
        // With a hash that the server's file has not, the file that is there stays.
        #expect(await place.failure(url, sha256: Place.otherSHA256)?.code == .hashMismatch)
        #expect(try Array(Data(contentsOf: URL(filePath: file.path))) == Place.bytes)
    }

    @Test func anotherPlace() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let output = place.folder.url.appending(path: "new/folder/name.gguf")
        #expect(try await place.fetch(server.url("/f.bin"), to: output).path == output.path)
        #expect(try Array(Data(contentsOf: output)) == Place.bytes)
        let folder = await place.failure(server.url("/f.bin"), to: output.deletingLastPathComponent())
        #expect(folder?.code == .file && folder?.message.contains("found a directory") == true)
        let device = await place.failure(server.url("/f.bin"), to: URL(filePath: "/dev/null"))
        #expect(device?.code == .file && device?.message.contains("no regular file") == true)
    }

    @Test(arguments: [FileServer.Answer.Framing.chunked, .length]) func sizesAndFramings(
        _ framing: FileServer.Answer.Framing
    ) async throws {
        for bytes in [[], [1], Place.bytes] {
            let server = try FileServer { _ in FileServer.Answer(body: bytes, framing: framing) }
            defer { server.stop() }
            #expect(try await place.fetch(server.url("/f.bin")).bytes == bytes.count)
        }
    }

    /// Where a cut connection looks like the end of the file, only a hash makes it safe.
    @Test func bodiesWithoutAnEnd() async throws {
        let server = try FileServer { _ in FileServer.Answer(body: Place.bytes, framing: .close) }
        defer { server.stop() }
        #expect(await place.failure(server.url("/f.bin"))?.code == .sizeMismatch)
        #expect(try await place.fetch(server.url("/f.bin"), sha256: Place.sha256).bytes == 1_000_000)
        #expect(server.requests.count == 2)
        // A wrong hash may mean that more is to come; when the same bytes come again it does not.
        #expect(await place.failure(server.url("/g.bin"), sha256: Place.otherSHA256)?.code == .hashMismatch)
        #expect(server.requests.count == 4 && place.leftovers.isEmpty)
    }

    /// The same, cut for once: the rest is fetched.
    @Test func bodiesWithoutAnEndThatAreCut() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 {
                answer.framing = .close
                answer = place.cutting(answer, after: 300_000, of: request)
            }
            return answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin"), sha256: Place.sha256).bytes == 1_000_000)
        #expect(server.requests.map(\.rangeStart) == [nil, 300_000])
    }

    @Test func refusesAWrongHash() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let error = await place.failure(server.url("/f.bin"), sha256: Place.otherSHA256)
        #expect(error?.code == .hashMismatch)
        #expect(error?.message.contains(Place.otherSHA256) == true && error?.message.contains(Place.sha256) == true)
        #expect(place.leftovers.isEmpty)
        #expect(await place.failure(server.url("/f.bin"), sha256: "xyz")?.code == .hashMismatch)
    }

    @Test func checksTheDisk() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        var full = place
        full.configuration.freeBytes = { _ in 10_000 }
        let error = await full.failure(server.url("/f.bin"))
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("1000000 bytes are to come") == true)
        #expect(error?.message.contains("but 10000 are") == true)
        let blocked = try Place()
        try blocked.folder.write([], "models")  // A file where the folder should be.
        #expect(await blocked.failure(server.url("/f.bin"))?.code == .file)
    }

    @Test func oneDownloadsTheOthersWait() async throws {
        let server = try FileServer { request in
            var answer = FileServer.serve(Place.bytes, to: request)
            answer.holdAfter = 300_000
            return answer
        }
        defer { server.stop() }
        let url = server.url("/f.bin")
        let waiting = Numbers()
        let place = place
        try await withThrowingTaskGroup(of: DownloadedFile.self) { group in
            for task in 0..<4 {
                group.addTask {
                    try await place.fetch(url) { if $0.phase == .waiting { waiting.insert(task) } }
                }
            }
            #expect(await eventually { waiting.count == 3 })
            server.release()
            var fetched = 0
            for try await file in group {
                #expect(file.sha256 == Place.sha256)
                fetched += file.wasPresent ? 0 : 1
            }
            #expect(fetched == 1)
        }
        #expect(server.requests.count == 1)
        #expect(place.leftovers.isEmpty)
    }

    /// What a server signs a URL with, or takes for a password, is in no file.
    @Test func signaturesStayOffTheDisk() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            if request.number == 1 { answer = FileServer.Answer(status: 404) }
            return answer
        }
        defer { server.stop() }
        let url = server.url("/f.bin?signature=topsecret")
        #expect(await place.failure(url)?.code == .notFound)
        #expect(place.leftovers.contains { $0.hasSuffix(".part.json") })
        #expect(try !place.contains("topsecret"))
        _ = try await place.fetch(url)
        #expect(server.requests.last?.rangeStart == 300_000)
        #expect(try place.contains("127.0.0.1") && !place.contains("topsecret"))
    }

    /// The link stays and leads to the file, whether there was one or not.
    @Test(arguments: [true, false]) func symbolicLinks(_ isThere: Bool) async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let folder = place.folder.url
        let link = folder.appending(path: "link.bin")
        let file = folder.appending(path: "store/file.bin")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: false)
        if isThere { try Data([1, 2, 3]).write(to: file) }
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "store/file.bin")
        let fetched = try await place.fetch(server.url("/f.bin"), to: link)
        #expect(fetched.path == link.path && !fetched.wasPresent)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "store/file.bin")
        #expect(try Array(Data(contentsOf: file)) == Place.bytes)
        #expect(try await place.fetch(server.url("/f.bin"), to: link).wasPresent)
        #expect(server.requests.count == 1)
    }

    /// A link in a folder that is a link itself: `..` leads up from where that folder really is.
    @Test func symbolicLinksInLinkedFolders() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let (folder, files) = (place.folder.url, FileManager.default)
        for name in ["deep/snapshot", "deep/store", "store"] {
            try files.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            atPath: folder.appending(path: "models").path, withDestinationPath: "deep/snapshot")
        let link = folder.appending(path: "models/link.bin")
        try files.createSymbolicLink(atPath: link.path, withDestinationPath: "../store/file.bin")
        _ = try await place.fetch(server.url("/f.bin"), to: link)
        #expect(try Array(Data(contentsOf: link)) == Place.bytes)
        #expect(try Array(Data(contentsOf: folder.appending(path: "deep/store/file.bin"))) == Place.bytes)
        #expect(try files.contentsOfDirectory(atPath: folder.appending(path: "store").path).isEmpty)
    }

    /// A file that is there is found where no lock can be made; the folder of the locks cannot be.
    @Test func aFileWhereNothingMayBeWritten() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let file = try URL(filePath: place.folder.write(Place.bytes, "f.bin"))
        try place.folder.write([], Download.stateFolder)
        let url = server.url("/f.bin")
        #expect(try await place.fetch(url, to: file, sha256: Place.sha256).wasPresent)
        #expect(await place.failure(url, to: file, sha256: Place.otherSHA256)?.code == .file)
        #expect(server.requests.isEmpty)
    }

    /// Other URLs of the same name: the file is kept if a hash says that it is the same, replaced if not.
    @Test func anotherURLForTheSameName() async throws {
        let server = try FileServer { request in
            request.path.hasSuffix("v=2")
                ? FileServer.serve([1, 2, 3], etag: "\"v2\"", to: request) : FileServer.serve(Place.bytes, to: request)
        }
        defer { server.stop() }
        _ = try await place.fetch(server.url("/f.bin?v=1"))
        // The tag of another URL proves nothing, even when it is the same.
        #expect(try await !place.fetch(server.url("/f.bin?v=1b")).wasPresent)
        let replaced = try await place.fetch(server.url("/f.bin?v=2"))
        #expect(!replaced.wasPresent)
        #expect(try Array(Data(contentsOf: URL(filePath: replaced.path))) == [1, 2, 3])
    }

    @Test func adoptsAFileBroughtByHand() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let source = try FileSource(server.url("/f.bin"))
        let file = Downloader(home: place.folder.url).destination(of: source)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(Place.bytes).write(to: file)
        #expect(try await place.fetch(server.url("/f.bin"), sha256: Place.sha256).wasPresent)
        #expect(server.requests.isEmpty)
    }
}

/// A set that several tasks fill.
private final class Numbers: Sendable {
    private let numbers = Mutex<Set<Int>>([])

    var count: Int { numbers.withLock { $0.count } }

    func insert(_ number: Int) { numbers.withLock { _ = $0.insert(number) } }
}
