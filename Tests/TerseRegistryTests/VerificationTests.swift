import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

@Suite struct VerificationTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    private func blob(_ text: String) throws -> String {
        let variant = try shelf.registry.variant(try reference(text)).variant
        return shelf.registry.store.path(of: variant.files[0].hash)
    }

    private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        chmod(path, 0o644)
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    /// Damage is found when the file is used and by `verify`, with both sides of the mismatch, and registering the file
    /// again repairs it.
    @Test(arguments: [[UInt8](), [9, 9, 9], [1, 2, 4], [1, 2, 3, 4]])
    func damagedFilesAreFoundAndRepaired(damage: [UInt8]) throws {
        try shelf.add("stories", [1, 2, 3])
        shelf.settle()
        _ = try shelf.registry.locate(reference("stories"))
        let path = try blob("stories")
        if damage.isEmpty { try FileManager.default.removeItem(atPath: path) } else { try overwrite(path, damage) }
        let error = registryError { _ = try shelf.registry.locate(reference("stories")) }
        #expect(error?.code == .corrupt && error?.message.contains(path) == true, "\(error?.message ?? "")")
        let result = try shelf.registry.verify()
        #expect(result.problems.count == 1 && result.problems[0].contains("stories:1/f16"), "\(result.problems)")
        if damage.count == 3 {
            #expect(error?.message.contains("expected SHA-256 039058c6") == true, "\(error?.message ?? "")")
        }
        try shelf.add("copy", [1, 2, 3])
        #expect(try shelf.registry.verify().isSound)
        _ = try shelf.registry.locate(reference("stories"))
    }

    @Test func aFileIsReadOnceUntilItChanges() throws {
        try shelf.add("stories", [1, 2, 3])
        var reads = 0
        func locate() throws -> String {
            try shelf.registry.locate(reference("stories")) { _ in
                reads += 1
                return true
            }.path
        }
        shelf.settle()
        _ = try locate()
        let first = reads
        #expect(first > 0)
        _ = try locate()
        #expect(reads == first)
        let times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, try blob("stories"), times, 0) == 0)
        _ = try locate()
        #expect(reads > first)
    }

    @Test func filesHaveTheirNames() throws {
        let staging = try shelf.registry.stage()
        let files: [String: [UInt8]] = ["m-00001-of-00002.gguf": [1], "m-00002-of-00002.gguf": [2], "sub/x.json": [3]]
        let draft = try shelf.draft("f16", files, in: staging)
        _ = try shelf.registry.add("stories", Lineage(), [draft], by: shelf.by)
        let located = try shelf.registry.locate(reference("stories:1"))
        #expect(located.path.hasSuffix("/m-00001-of-00002.gguf"))
        #expect(located.reference.description == "stories:1/f16")
        let folder = URL(filePath: located.path).deletingLastPathComponent()
        for (name, bytes) in files {
            #expect(try Array(Data(contentsOf: folder.appending(path: name))) == bytes)
        }
        // A view that somebody changed is made again.
        let link = folder.appending(path: "sub/x.json")
        try FileManager.default.removeItem(at: link)
        try Data("other".utf8).write(to: link)
        _ = try shelf.registry.locate(reference("stories:1"))
        #expect(try Array(Data(contentsOf: link)) == [3])
    }

    @Test func brokenRulesBetweenRowsAreFound() throws {
        try shelf.addLive("stories", count: 2)
        try shelf.registry.write { db in
            for trigger in ["variant_file_no_delete", "alias_move_no_delete", "metric_no_update"] {
                try db.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try db.execute(sql: "UPDATE metric SET value = 1")
            try db.execute(sql: "DELETE FROM alias_move WHERE alias = 'previous'")
            try db.execute(
                sql:
                    "INSERT INTO version (model_id, number, made_at, made_by) VALUES (1, 7, '2100-01-01 00:00:00.000', 'x')"
            )
            try db.execute(
                sql: "INSERT INTO variant_file SELECT 1, 'extra', sha256, bytes FROM variant_file WHERE variant_id = 2")
        }
        let problems = try shelf.registry.verify().problems
        #expect(problems.contains { $0.contains("stories:7 has no variant") }, "\(problems)")
        #expect(problems.contains { $0.contains("previous of stories") }, "\(problems)")
        #expect(problems.contains { $0.contains("stories:1/f16: its list of files") }, "\(problems)")
        #expect(problems.count == 3)
    }
}
