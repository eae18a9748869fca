import Foundation
import TestSupport
import Testing

@testable import TerseFormats

/// Where what is written goes: to a file as a whole or not at all, through links, into devices.
@Suite struct OutputFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, to path: String) throws {
        let file = try OutputFile(path: path)
        try file.write(Array(text.utf8))
        try file.commit()
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() }
    }

    @Test func nothingIsLeftWithoutCommit() throws {
        try folder.write("old".utf8, "a")
        for name in ["a", "b"] { try OutputFile(path: folder.path(name)).write([1, 2, 3]) }
        #expect(try names == ["a"])
        #expect(try text(folder.path("a")) == "old")
    }

    @Test func linksAreKept() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.path("d"), withIntermediateDirectories: true)
        try folder.write("old".utf8, "d/target")
        try manager.createSymbolicLink(atPath: folder.path("d/inner"), withDestinationPath: "target")
        try manager.createSymbolicLink(atPath: folder.path("outer"), withDestinationPath: "d/inner")
        try manager.createSymbolicLink(atPath: folder.path("dangling"), withDestinationPath: folder.path("d/made"))
        try write("new", to: folder.path("outer"))
        try write("made", to: folder.path("dangling"))
        #expect(try manager.destinationOfSymbolicLink(atPath: folder.path("outer")) == "d/inner")
        #expect(try manager.destinationOfSymbolicLink(atPath: folder.path("d/inner")) == "target")
        #expect(try text(folder.path("d/target")) == "new")
        #expect(try manager.destinationOfSymbolicLink(atPath: folder.path("dangling")) == folder.path("d/made"))
        #expect(try text(folder.path("d/made")) == "made")
    }

    @Test func circularLinksAreAnError() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path("a"), withDestinationPath: "b")
        try FileManager.default.createSymbolicLink(atPath: folder.path("b"), withDestinationPath: "a")
        let error = #expect(throws: FormatError.self) { try OutputFile(path: folder.path("a")) }
        #expect(error?.message.contains("symbolic links") == true)
    }

    @Test func permissionsAreKept() throws {
        let path = try folder.write("old".utf8, "a")
        for mode: mode_t in [0o600, 0o664, 0o755] {
            chmod(path, mode)
            try write("new", to: path)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == mode)
        }
    }

    @Test func newFilesGetTheUsualPermissions() throws {
        try write("new", to: folder.path("ours"))
        let handle = try #require(fopen(folder.path("usual"), "w"))
        fclose(handle)
        var (ours, usual) = (stat(), stat())
        #expect(stat(folder.path("ours"), &ours) == 0 && stat(folder.path("usual"), &usual) == 0)
        #expect(ours.st_mode == usual.st_mode)
    }

    @Test func devicesAreWrittenTo() throws {
        try write("gone", to: "/dev/null")
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try write("through", to: pipe)
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, 16) == 7 && bytes.starts(with: "through".utf8))
        #expect(try names == ["pipe"])
    }

    /// Files in memory are files: a shorter one leaves nothing of the longer one before.
    @Test(.enabled(if: access("/dev/shm", W_OK) == 0, "no /dev/shm")) func filesInMemoryAreReplaced() throws {
        let path = "/dev/shm/terse-tests-\(UUID().uuidString)"
        defer { unlink(path) }
        try Data("something long".utf8).write(to: URL(filePath: path))
        try write("new", to: path)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("new".utf8))
    }

    @Test func directoriesAreRefused() throws {
        let error = #expect(throws: FormatError.self) { try OutputFile(path: folder.url.path) }
        #expect(error?.message.hasSuffix("is a directory") == true)
        #expect(error?.code == .system)
    }
}
