import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

@Suite struct ArchiveTests {
    let shelf: Shelf
    let other: Shelf

    init() throws {
        shelf = try Shelf()
        other = try Shelf()
    }

    private func fill() throws {
        var lineage = Lineage()
        lineage.summary = "the first"
        lineage.recipe = "steps: 3\n"
        lineage.datasets = [Lineage.Dataset(name: "novels", sha256: String(repeating: "b", count: 64), byteCount: 12)]
        lineage.metrics = [Lineage.Metric(name: "bits_per_byte", value: 0.1)]
        try shelf.add("stories", Array("one".utf8), lineage: lineage, alias: "production")
        var child = Lineage()
        child.parent = try reference("stories:1")
        let staging = try shelf.registry.stage()
        let drafts = [
            try shelf.draft(
                "f16", ["a.gguf": Array("one".utf8), "b/c.json": [UInt8](repeating: 1, count: 5000)], in: staging),
            try shelf.draft("q4_0", [UInt8](), in: staging),
        ]
        _ = try shelf.registry.add("stories", child, drafts, alias: "production", by: shelf.by)
    }

    private func export(_ text: String = "stories") throws -> String {
        let path = shelf.folder.path("archive-\(UUID().uuidString).tar")
        _ = try shelf.registry.export(reference(text), to: path)
        return path
    }

    @discardableResult
    private func take(_ path: String, as name: String? = nil, aliases: Bool = false) throws -> Registry.ImportReport {
        try other.registry.importArchive(at: path, as: name, movesAliases: aliases, by: other.by)
    }

    @Test func aModelArrivesWhole() throws {
        try fill()
        let path = try export()
        let report = try take(path, aliases: true)
        #expect(
            report.versions == [1, 2] && report.variants == 3 && report.known == 0 && report.aliases == ["production"])
        #expect(report.notices.isEmpty)
        let (ours, theirs) = (try shelf.registry.versions(of: "stories"), try other.registry.versions(of: "stories"))
        #expect(ours.map(\.lineage) == theirs.map(\.lineage))
        #expect(ours.map { $0.variants.map(\.files) } == theirs.map { $0.variants.map(\.files) })
        #expect(theirs[0].made.reason?.contains("by tester: a test") == true)
        #expect(try other.production("stories") == 2)
        #expect(try other.registry.verify().isSound)
        // Once more, and under another name.
        let again = try take(path)
        #expect(again.versions.isEmpty && again.variants == 0 && again.known == 3)
        #expect(try take(path, as: "tales").versions == [1, 2])
        #expect(try other.registry.version(reference("tales:2")).lineage.parent == reference("tales:1"))
        #expect(try other.blobs().count == 3)
    }

    @Test func aPartArrivesAndTheRestFollows() throws {
        try fill()
        let report = try take(export("stories:2/q4_0"))
        #expect(report.versions == [2] && report.variants == 1)
        #expect(
            report.notices.count == 1 && report.notices[0].contains("parent stories:1 is not here"), "\(report.notices)"
        )
        let lineage = try other.registry.version(reference("stories:2")).lineage
        #expect(try lineage.parent == nil && lineage.parentElsewhere == reference("stories:1"))
        let rest = try take(export())
        #expect(rest.versions == [1] && rest.variants == 2 && rest.known == 1)
        #expect(try other.registry.verify().isSound)
    }

    /// A name and a number may be anybody's; the files tell.
    @Test func aParentIsKnownByItsFiles() throws {
        try fill()
        let part = try export("stories:2")
        try other.add("stories", Array("something else".utf8))
        let report = try take(part)
        #expect(report.notices.first?.contains("is another version here") == true, "\(report.notices)")
        let stranger = try other.registry.version(reference("stories:2")).lineage
        #expect(try stranger.parent == nil && stranger.parentElsewhere == reference("stories:1"))
        // On a host that has the parent it is found, and what is not is passed on by its name.
        let third = try Shelf()
        try third.add("stories", Array("one".utf8))
        _ = try third.registry.importArchive(at: part, by: third.by)
        let child = try third.registry.version(reference("stories:2")).lineage
        #expect(try child.parent == reference("stories:1") && child.parentElsewhere == nil)
        let again = shelf.folder.path("again.tar")
        _ = try other.registry.export(reference("stories:2"), to: again)
        let fourth = try Shelf()
        _ = try fourth.registry.importArchive(at: again, by: fourth.by)
        #expect(try fourth.registry.version(reference("stories:2")).lineage.parentElsewhere == reference("stories:1"))
        // Under another name of the child, its parent is still the one that was called so.
        let fifth = try Shelf()
        try fifth.add("stories", Array("one".utf8))
        _ = try fifth.registry.importArchive(at: part, as: "tales", by: fifth.by)
        #expect(try fifth.registry.version(reference("tales:2")).lineage.parent == reference("stories:1"))
    }

    /// Lists have no order of their own.
    @Test func theSameLineageInAnotherOrderIsTheSame() throws {
        var lineage = Lineage()
        lineage.metrics = ["z", "é", "a"].map { Lineage.Metric(name: $0, value: 1) }
        lineage.datasets = ["y", "x"].map { Lineage.Dataset(name: $0) }
        try shelf.add("stories", [1], lineage: lineage)
        let path = try export()
        try take(path)
        let text = try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let list = try #require(text.firstMatch(of: #/"metrics": \[[^\]]*\]/#)).0
        let items = list.matches(of: #/\{[^}]*\}/#).map { String($0.0) }
        try #require(items.count == 3)
        let turned = text.replacing(items[0], with: "#").replacing(items[2], with: items[0]).replacing(
            "#", with: items[2])
        try #require(turned != text && turned.utf8.count == text.utf8.count)
        let other = try shelf.folder.write(Array(turned.utf8), "turned.tar")
        #expect(try take(other).known == 1)
    }

    /// What no import would take is not written.
    @Test func whatExportWritesCanBeImported() throws {
        try shelf.add("stories", [1])
        try shelf.registry.write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (
                        SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= \(RegistryLimits.aliasesMax))
                    INSERT INTO alias_move (model_id, alias, kind, variant_id, made_at, made_by)
                    SELECT 1, 'a' || i, 'set', 1, '2026-01-01 00:00:00.000', 'x' FROM n
                    """)
        }
        let path = shelf.folder.path("large.tar")
        let error = registryError { _ = try shelf.registry.export(reference("stories"), to: path) }
        #expect(error?.code == .limitExceeded && error?.message.contains("aliases") == true, "\(error?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func anotherVersionOfThatNumberIsAConflict() throws {
        try fill()
        try other.add("stories", Array("something else".utf8))
        let before = try other.registry.history().count
        let error = registryError { try take(export()) }
        #expect(error?.code == .conflict && error?.message.contains("stories:1") == true, "\(error?.message ?? "")")
        #expect(try other.registry.history().count == before)
        #expect(try take(export(), as: "theirs").variants == 3)
    }

    @Test func whatWasRemovedHereStaysRemoved() throws {
        try fill()
        try take(export())
        try other.registry.remove(reference("stories:2/q4_0"), by: other.by)
        let report = try take(export())
        #expect(report.notices.count == 1 && report.notices[0].contains("stays removed"))
        #expect(registryError { _ = try other.registry.variant(reference("stories:2/q4_0")) }?.code == .notFound)
    }

    @Test func damagedFilesAreNotExported() throws {
        try fill()
        let blob = try shelf.registry.store.path(
            of: shelf.registry.variant(reference("stories:1")).variant.files[0].hash)
        chmod(blob, 0o644)
        try Data("two".utf8).write(to: URL(filePath: blob))
        let path = shelf.folder.path("broken.tar")
        #expect(registryError { _ = try shelf.registry.export(reference("stories"), to: path) }?.code == .corrupt)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// Another reader of the format: names, sizes, bytes and their hashes.
    @Test func pythonReadsIt() throws {
        try fill()
        let text = try Script.run("read_archive.py", [try export()]).output
        #expect(text == "manifest.json 4 stories [1, 2]\n", "\(text)")
    }

    /// And writes it: what an archive must hold is the format's, not this program's.
    @Test func archivesOfPythonAreRead() throws {
        try fill()
        let path = try export()
        let again = shelf.folder.path("again.tar")
        #expect(try Script.run("write_archive.py", [path, again]).status == 0)
        #expect(try take(again).variants == 3)
    }
}
