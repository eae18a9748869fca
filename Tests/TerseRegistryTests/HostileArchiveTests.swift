import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

/// Archives that were made to do harm, or broke on their way: refused, and nothing of them stays.
@Suite struct HostileArchiveTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    private static let bytes = Array("the bytes of a file".utf8)

    /// The parts of a sound archive.
    private struct Parts {
        var manifest = ""
        var entries: [(block: [UInt8], bytes: [UInt8])] = []

        var archive: [UInt8] {
            let text = Array(manifest.utf8)
            let first = (TarHeader(name: "manifest.json", byteCount: Int64(text.count)).block, text)
            let all = ([first] + entries).flatMap { block, bytes in
                block + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
            }
            return all + [UInt8](repeating: 0, count: 1024)
        }
    }

    /// Of an archive that `export` wrote.
    private func parts() throws -> Parts {
        let source = try Shelf()
        try source.add("stories", Self.bytes, alias: "production")
        let path = source.folder.path("sound.tar")
        _ = try source.registry.export(reference("stories"), to: path)
        var reader = TarReader(try ArchiveInput(path: path))
        var parts = Parts()
        while let header = try reader.next() {
            var bytes: [UInt8] = []
            try reader.take { piece throws(RegistryError) in bytes.append(contentsOf: piece) }
            if header.name == "manifest.json" {
                parts.manifest = String(decoding: bytes, as: UTF8.self)
            } else {
                parts.entries.append((header.block, bytes))
            }
        }
        return parts
    }

    private func error(_ archive: [UInt8]) throws -> RegistryError? {
        let path = try shelf.folder.write(archive, "hostile.tar")
        return registryError { _ = try shelf.registry.importArchive(at: path, movesAliases: true, by: shelf.by) }
    }

    private func expectNothing(_ what: String) throws {
        #expect(try shelf.registry.models(removedToo: true).isEmpty, "\(what)")
        #expect(try shelf.blobs().isEmpty, "\(what)")
        let staging = "\(shelf.home)/blobs/staging"
        #expect(try FileManager.default.contentsOfDirectory(atPath: staging).isEmpty, "\(what)")
    }

    /// A header with one field changed and the checksum made right again.
    private func block(_ block: [UInt8], _ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
        var block = block
        block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        let field = Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 0x20]
        block.replaceSubrange(148..<156, with: field)
        return block
    }

    private static let deepPath = Array(repeating: "a", count: 33).joined(separator: "/")
    private static let longName = String(repeating: "é", count: 128)

    @Test func entriesThatAreNoFilesOfTheManifestAreRefused() throws {
        let sound = try parts()
        let entry = sound.entries[0]
        let cases: [(String, [(block: [UInt8], bytes: [UInt8])], String)] = [
            ("traversal", [(TarHeader(name: "../../evil", byteCount: 0).block, [])], "does not list"),
            ("absolute", [(TarHeader(name: "/etc/passwd", byteCount: 0).block, [])], "does not list"),
            ("twice", [entry, entry], "lists once"),
            ("missing", [], "missing"),
            ("symbolic link", [(block(entry.block, 156, [0x32]), [])], "found a link"),
            ("hard link", [(block(entry.block, 156, [0x31]), [])], "found a link"),
            ("folder", [(block(entry.block, 156, [0x35]), [])], "found a folder"),
            ("device", [(block(entry.block, 156, [0x33]), [])], "found a device"),
            ("extended header", [(block(entry.block, 156, [0x78]), [])], "entry of kind 120"),
            ("another manifest", [(TarHeader(name: "manifest.json", byteCount: 0).block, []), entry], "does not list"),
            (
                "other size", [(block(entry.block, 124, Array("00000000007".utf8)), Array("another".utf8))],
                "the entry has 7"
            ),
            ("negative size", [(block(entry.block, 124, [UInt8](repeating: 0xFF, count: 12)), [])], "size"),
            ("no size", [(block(entry.block, 124, Array("hello world ".utf8)), [])], "size"),
            ("other bytes", [(entry.block, entry.bytes.reversed())], "expected SHA-256"),
            ("wrong checksum", [(entry.block.map { $0 == 0x62 ? 0x63 : $0 }, entry.bytes)], "header"),
        ]
        for (name, entries, message) in cases {
            var parts = sound
            parts.entries = entries
            let error = try error(parts.archive)
            #expect(error?.message.contains(message) == true, "\(name): \(error?.message ?? "accepted")")
            try expectNothing(name)
        }
        #expect(try error(sound.archive) == nil)
    }

    @Test func manifestsThatLieAreRefused() throws {
        let sound = try parts()
        let hash = String(try #require(sound.manifest.firstMatch(of: #/"sha256": "([0-9a-f]{64})"/#)).1)
        let cases: [(String, String, String)] = [
            (#""path": "model.gguf""#, #""path": "../model.gguf""#, "path of a file within it"),
            (#""path": "model.gguf""#, #""path": "/model.gguf""#, "path of a file within it"),
            (#""path": "model.gguf""#, #""path": "a/./b""#, "path of a file within it"),
            (#""path": "model.gguf""#, #""path": "a\u0000b""#, "path of a file within it"),
            (#""path": "model.gguf""#, #""path": "a\nb""#, "control characters"),
            (#""path": "model.gguf""#, #""path": "a\u007Fb""#, "control characters"),
            (#""path": "model.gguf""#, #""path": "../\u0301x""#, "path of a file within it"),
            (#""path": "model.gguf""#, "\"path\": \"\(Self.deepPath)\"", "up to 32 names"),
            (#""path": "model.gguf""#, "\"path\": \"\(Self.longName)\"", "up to 255 bytes"),
            (#""entry": "model.gguf""#, #""entry": "other.gguf""#, "entry"),
            (#""entry": "model.gguf""#, #""entry": null"#, "entry"),
            (#""format": "gguf""#, #""format": "exe""#, "expected one of gguf"),
            (#""model": "stories""#, #""model": "../stories""#, "name of the model"),
            (#""name": "f16""#, #""name": "f 16""#, "name"),
            (#""number": 1"#, #""number": 0"#, "number"),
            (#""number": 1"#, #""number": "1""#, "expected a whole number"),
            (#""number": 1"#, #""number": 9223372036854775807"#, "expected 1 to 1000000000"),
            (#""number": 1"#, #""number": 1000000001"#, "expected 1 to 1000000000"),
            (#""version": 2,"#, #""version": 3,"#, "version 3 of the format"),
            (#""bytes": 19"#, #""bytes": -19"#, "bytes"),
            (#""bytes": 19"#, #""bytes": 9000000000000000000"#, "are free"),
            (#""bytes": 19"#, #""bytes": 18"#, "the manifest says 18"),
            (hash, hash.uppercased(), "lower-case"),
            (hash, String(repeating: "0", count: 64), "does not list"),
            (#""alias": "production""#, #""alias": "previous""#, "previous cannot be moved"),
            (#""parent": null"#, #""parent": "stories:x""#, "number of a version"),
            (#""parent": null"#, #""parent": "stories@production""#, "expected NAME:VERSION"),
            (#""parent_digests": []"#, #""parent_digests": [7]"#, "parent_digests[0]"),
            (#""summary": null"#, #""summary": "a\u0000b""#, "found a NUL at byte 1"),
            (#""parent": null"#, #""parent": null, "extra": 1"#, "unknown member"),
            (#""parent": null,"#, "", "parent is missing"),
            (#""at": "2"#, #""at": "x2"#, "expected a time"),
            (#""by": "tester""#, #""by": """#, "author"),
            ("{", "[", "line"),
        ]
        for (find, replacement, message) in cases {
            var parts = sound
            let range = try #require(parts.manifest.firstRange(of: find), "\(find) in \(sound.manifest)")
            parts.manifest.replaceSubrange(range, with: replacement)
            let error = try error(parts.archive)
            #expect(error?.message.contains(message) == true, "\(replacement): \(error?.message ?? "accepted")")
            try expectNothing(replacement)
        }
    }

    @Test func archivesThatEndEarlyAreRefused() throws {
        let archive = try parts().archive
        for length in stride(from: 0, through: archive.count - 1024, by: 128) {
            let error = try error(Array(archive[..<length]))
            #expect(error?.code == .invalid, "\(length): \(error?.message ?? "accepted")")
        }
        try expectNothing("truncated")
        #expect(try error(archive + [1])?.message.contains("expected the end") != nil)
        #expect(
            try error(archive + [UInt8](repeating: 0, count: 512) + [UInt8](repeating: 1, count: 512))?.code == .invalid
        )
        try expectNothing("more behind the end")
        #expect(try error(archive + [UInt8](repeating: 0, count: 8192)) == nil)
    }

    @Test func damagedArchivesNeverHalfArrive() throws {
        let archive = try parts().archive
        var fuzz = MutationFuzz()
        let outcome = fuzz.run([archive], headBytes: 1600, variants: 300) { bytes in
            if let error = try error(bytes) { throw error }
        }
        #expect(outcome.refused > 0, "\(outcome)")
        let result = try shelf.registry.verify()
        #expect(result.isSound, "\(result.problems)")
    }

    @Test func largeSizesAreWrittenAsOthersReadThem() throws {
        for size in [0, 1, 512, (1 << 33) - 1, 1 << 33, 1 << 40, Int64.max] as [Int64] {
            let header = TarHeader(name: "x", byteCount: size)
            #expect(try TarHeader(header.block, "test") == header, "\(size)")
        }
    }
}
