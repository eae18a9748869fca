import Foundation
import TestSupport
import Testing

@testable import TerseModel

@Suite struct BlockWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func descriptor(_ path: String) -> Int32 { open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }

    /// Pieces within a block, over the edge of one, and longer than two, a part of which is rarely read.
    @Test func piecesAreWrittenWhereTheyBelong() throws {
        let path = folder.path("file")
        let descriptor = descriptor(path)
        defer { close(descriptor) }
        var expected = [UInt8](repeating: 0, count: 9 << 20)
        var writer = try BlockWriter(descriptor, path)
        for (offset, count) in [(4096, 100), (4224, (2 << 20) - 4224), (2 << 20, 1), ((2 << 20) + 64, (4 << 20) + 77)] {
            let piece = (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ offset) &* 31 + 1) }
            expected.replaceSubrange(offset..<offset + count, with: piece)
            let few = count > 3 << 20 ? 70_000..<count - 5 : nil
            try piece.withUnsafeBytes { try writer.write($0, at: offset, rarelyRead: few) }
        }
        try writer.finish(size: expected.count)
        let head = Array("a beginning".utf8)
        try writer.overwrite(head)
        expected.replaceSubrange(0..<head.count, with: head)
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == expected)
    }

    @Test func whatCannotBeWrittenIsAnErrorThatNamesTheFile() throws {
        let path = folder.path("file")
        close(descriptor(path))
        let readOnly = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(readOnly) }
        var writer = try BlockWriter(readOnly, path)
        let error = #expect(throws: ModelError.self) { try writer.finish(size: 1) }
        #expect(error?.code == .file && error?.message.contains(path) == true)
    }
}
