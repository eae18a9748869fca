import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse pull` against a server on this machine.
@Suite struct PullTests {
    /// Bytes that differ everywhere, so that a wrong join shows.
    static let contents: [UInt8] = (0..<600_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    /// By sha256sum.
    static let sha256 = "293ca930526258f928f02b9c7435fcddbd87852d0ca531057d78cf48a2184ffa"

    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private func pull(
        _ arguments: [String], environment: [String: String] = [:], hub: FileServer? = nil
    ) throws -> Program.Result {
        var environment = environment
        environment["HF_ENDPOINT"] = hub?.url("")
        return try Program.run(["pull"] + arguments + ["--home", home.url.path], environment: environment)
    }

    @Test func theFileArrivesOnceAndItsPathIsPrinted() throws {
        let server = try FileServer { FileServer.serve(Self.contents, to: $0) }
        defer { server.stop() }
        let first = try pull([server.url("/some/model.gguf")])
        #expect(first.status == 0, "\(first.summary)")
        let path = first.output.trimmingCharacters(in: .newlines)
        #expect(path.hasPrefix(home.url.path + "/models/") && path.hasSuffix("model.gguf"))
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == Self.contents)
        let again = try pull([server.url("/some/model.gguf"), "--json"])
        let value = try JSONValue.parse(Array(again.output.utf8))
        #expect(value["path"]?.stringValue == path && value["bytes"]?.intValue == Self.contents.count)
        let file = try #require(value["files"]?.arrayValue?.first)
        #expect(file["path"]?.stringValue == path && file["sha256"]?.stringValue == Self.sha256)
        #expect(file["was_present"]?.boolValue == true)
        #expect(server.requests.count == 1, "nothing is asked for again")
    }

    @Test func theHomeComesFromTheEnvironment() throws {
        let server = try FileServer { _ in FileServer.Answer(body: Array("GGUF".utf8)) }
        defer { server.stop() }
        let result = try Program.run(
            ["pull", server.url("/a.gguf")], environment: ["TERSE_HOME": home.url.path])
        #expect(result.status == 0 && result.output.hasPrefix(home.url.path), "\(result.summary)")
    }

    @Test func theHubIsASource() throws {
        let server = try FileServer { FileServer.serve(Self.contents, to: $0) }
        defer { server.stop() }
        let result = try pull(
            ["hf:owner/name@v1/folder/file.gguf"], environment: ["HF_TOKEN": "hf_secret"], hub: server)
        #expect(result.status == 0 && result.output.hasSuffix("owner/name@v1/folder/file.gguf\n"), "\(result.summary)")
        #expect(server.requests.last?.path == "/owner/name/resolve/v1/folder/file.gguf")
        #expect(server.requests.last?.headers["authorization"] == "Bearer hf_secret")
    }

    @Test func outputNamesAFileOrAFolder() throws {
        let server = try FileServer { FileServer.serve(Self.contents, to: $0) }
        defer { server.stop() }
        let file = try pull([server.url("/f.gguf"), "--output", home.path("other.gguf")])
        #expect(file.output == home.path("other.gguf") + "\n", "\(file.summary)")
        let folder = try pull([server.url("/f.gguf"), "-o", home.url.path])
        #expect(folder.output == home.path("f.gguf") + "\n", "\(folder.summary)")
        #expect(try Array(Data(contentsOf: home.url.appending(path: "f.gguf"))) == Self.contents)
    }

    @Test func theFirstShardBringsTheOthers() throws {
        let server = try FileServer { request in
            FileServer.serve(Array(request.path.utf8), etag: "\"\(request.path)\"", to: request)
        }
        defer { server.stop() }
        let result = try pull(["hf:o/n/m-00001-of-00003.gguf", "--json"], hub: server)
        #expect(result.status == 0, "\(result.summary)")
        let value = try JSONValue.parse(Array(result.output.utf8))
        let files = try #require(value["files"]?.arrayValue)
        #expect(value["path"]?.stringValue?.hasSuffix("m-00001-of-00003.gguf") == true)
        #expect(files.count == 3)
        for (index, file) in files.enumerated() {
            let path = try #require(file["path"]?.stringValue)
            #expect(path.hasSuffix("/o/n/m-0000\(index + 1)-of-00003.gguf"))
            #expect(
                try String(contentsOfFile: path, encoding: .utf8)
                    == "/o/n/resolve/main/m-0000\(index + 1)-of-00003.gguf")
        }
        // Another shard comes alone.
        let second = try pull(["hf:o/n@v2/m-00002-of-00003.gguf", "--json"], hub: server)
        #expect(try JSONValue.parse(Array(second.output.utf8))["files"]?.arrayValue?.count == 1)
    }

    /// Killed or interrupted at work, the next try asks for the rest only and has the same file in the end.
    @Test(arguments: [SIGKILL, SIGINT, SIGTERM]) func itGoesOnWhereItStopped(signal: Int32) throws {
        let server = try FileServer { request in
            var answer = FileServer.serve(Self.contents, to: request)
            if request.number == 0 { answer.holdAfter = 200_000 }
            return answer
        }
        defer { server.stop() }
        let url = server.url("/model.gguf")
        let errors = try URL(filePath: home.write([], "stderr"))
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["pull", url, "--home", home.url.path]
        process.environment = Program.merged([:])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        Program.wait(for: process) { partBytes == 200_000 }
        try #require(partBytes == 200_000)
        kill(process.processIdentifier, signal)
        #expect(Program.wait(for: process) == 128 + signal)
        let said = try String(contentsOf: errors, encoding: .utf8)
        #expect(said.contains("the same command goes on from there") == (signal != SIGKILL), "\(said)")
        #expect(!FileManager.default.fileExists(atPath: home.path("models/127.0.0.1_\(server.port)/model.gguf")))
        let result = try pull([url, "--sha256", Self.sha256])
        #expect(result.status == 0, "\(result.summary)")
        let path = result.output.trimmingCharacters(in: .newlines)
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == Self.contents)
        #expect(server.requests.map(\.rangeStart) == [nil, 200_000])
    }

    /// The disk takes no more: the limit on the size of files stands for it.
    @Test func aFullDiskIsSaid() throws {
        let server = try FileServer { FileServer.serve(Self.contents, to: $0) }
        defer { server.stop() }
        let arguments = ["pull", server.url("/model.gguf"), "--home", home.url.path]
        let result = try Program.run(arguments, fileBlocksMax: 200)
        #expect(result.status == 1, "\(result.summary)")
        #expect(result.errors.contains("cannot write: File too large"), "\(result.summary)")
        #expect(result.errors.contains("are kept; the same command goes on"), "\(result.summary)")
        #expect(try Program.run(arguments).status == 0)
        #expect((server.requests.last?.rangeStart ?? 0) > 0)
    }

    @Test func wrongHashesAndMissingFilesAreErrors() throws {
        let server = try FileServer { request in
            request.path.hasSuffix(".gguf")
                ? FileServer.serve(Self.contents, to: request) : FileServer.Answer(status: 404)
        }
        defer { server.stop() }
        let wrong = String(repeating: "0", count: 64)
        let model = server.url("/model.gguf")
        let cases: [([String], Int32, String)] = [
            ([model, "--sha256", wrong], 1, wrong),
            ([server.url("/absent.bin")], 1, "absent.bin"),
            (["ftp://example.com/x.gguf"], 64, "ftp"),
            (["hf:owner/name"], 64, "hf:owner/name/file"),
            ([model, "--sha256", "12"], 64, "64 hexadecimal digits"),
            ([model, "--sha256", wrong, "--sha256", wrong], 64, "once for each"),
            (["hf:o/n/m-00001-of-00002.gguf", "-o", "file.gguf"], 64, "must be a directory"),
        ]
        for (arguments, status, message) in cases {
            let result = try pull(arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(message), "\(result.summary)")
        }
        let result = try pull([model], environment: ["HF_TOKEN": "hf_secret secret"])
        #expect(result.status == 1 && result.errors.contains("HF_TOKEN") && !result.errors.contains("hf_secret"))
        #expect(!files.contains { $0.hasSuffix(".gguf") }, "\(files)")
    }

    private var files: [String] { (try? FileManager.default.subpathsOfDirectory(atPath: home.url.path)) ?? [] }

    private var partBytes: Int {
        guard let part = files.first(where: { $0.hasSuffix(".part") }) else { return 0 }
        return ((try? FileManager.default.attributesOfItem(atPath: home.path(part))[.size]) as? Int) ?? 0
    }
}
