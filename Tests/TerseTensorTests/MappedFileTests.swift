import Foundation
import TestSupport
import Testing

@testable import TerseTensor

@Suite struct MappedFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func filesAreMappedWhole() throws {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try MappedFile(path: folder.write(bytes, "file"))
        #expect(withExtendedLifetime(file) { Array(file.buffer) } == bytes)
        #expect(try MappedFile(path: folder.write([], "empty")).count == 0)
    }

    /// What is said of pages changes no byte.
    @Test func advice() throws {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try MappedFile(path: folder.write(bytes, "file"))
        for range in [0..<0, 1..<2, 0..<100_000, 5_000..<99_999] { file.expectRareReads(of: range) }
        #expect(Array(file.buffer) == bytes)
        file.releasePages()
        #expect(Array(file.buffer) == bytes)
        try MappedFile(path: folder.write([], "empty")).releasePages()
    }

    /// A pipe that nobody writes to is an error at once, not a wait for ever.
    @Test func otherThingsAreErrors() throws {
        let pipe = folder.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        for (path, kind) in [
            (pipe, "a pipe or device"), ("/dev/zero", "a pipe or device"), (folder.url.path, "a directory"),
            (folder.path("absent"), "No such file"),
        ] {
            let error = #expect(throws: TensorError.self) { _ = try MappedFile(path: path) }
            #expect(error?.code == .system)
            #expect(error?.message.contains(path) == true && error?.message.contains(kind) == true)
        }
    }
}
