import Foundation
import GRDB
import TestSupport
import Testing

@testable import TerseRegistry

/// Files, locks and views, with other processes at work.
@Suite struct StoreTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    /// Who placed a file may not have synced its folder yet, and die before.
    @Test func theFolderOfAFileThatIsThereIsSyncedToo() throws {
        try shelf.add("stories", [1])
        let staging = try shelf.registry.stage()
        let blob = try shelf.draft("f16", [1], in: staging).files[0].blob
        let store = shelf.registry.store
        var synced: [String] = []
        try store.place([blob], unless: { _ in true }, sync: { folder throws(RegistryError) in synced.append(folder) })
        let folder = FileTree.parent(of: store.path(of: blob.hash))
        #expect(synced == [folder, FileTree.parent(of: folder)])
    }

    /// Where the folder above is there but takes no names, it is an error like any other.
    @Test(arguments: ["/proc/terse", "/proc/terse/below"])
    func aFolderThatCannotBeMadeIsSaid(path: String) {
        let error = registryError { try FileTree.makeFolder(path) }
        #expect(error?.code == .system && error?.message.hasPrefix("/proc/terse: cannot make the folder") == true)
    }

    /// A long file that must be read keeps nobody waiting who needs the lock.
    @Test func filesAreHashedBeforeTheLockIsTaken() async throws {
        let shelf = shelf
        try shelf.add("stories", [1, 2, 3])
        shelf.settle()
        func known() throws -> Int {
            try shelf.registry.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM blob_check") ?? 0 }
        }
        #expect(try known() == 0)
        let lock = try shelf.registry.store.lock(.exclusive)
        async let version = Task.detached { try shelf.add("poems", [1, 2, 3]) }.value
        let isHashed = try await eventually { try known() == 1 }
        #expect(isHashed)
        #expect(try shelf.registry.models().count == 1)
        lock.release()
        #expect(try await version.number == 1)
        #expect(try shelf.registry.verify().isSound)
    }

    /// What was found sound before the lock was taken may be gone or another file when it is.
    @Test func whatChangedSinceItWasReadGivesWay() throws {
        let store = shelf.registry.store
        for damage in [nil, [9, 9, 9]] as [[UInt8]?] {
            try shelf.add("stories", [1, 2, 3])
            shelf.settle()
            let staging = try shelf.registry.stage()
            let blob = try shelf.draft("f16", [1, 2, 3], in: staging).files[0].blob
            let path = store.path(of: blob.hash)
            let identity = try #require(try shelf.registry.verify(blob.hash, blob.byteCount))
            try FileManager.default.removeItem(atPath: path)
            if let damage { try Data(damage).write(to: URL(filePath: path)) }
            try store.place([blob]) { _ in identity == HashedFile.identity(of: path) }
            #expect(try Array(Data(contentsOf: URL(filePath: path))) == [1, 2, 3])
        }
    }

    /// A write within the same tick of the file system's clock would not show.
    @Test func aFileThatWasJustWrittenIsNotRemembered() throws {
        let path = try shelf.folder.write([1, 2, 3], "file")
        let written = Date()
        let read = try HashedFile.read(path)
        // On a machine that is so busy that reading began late, it may be settled.
        #expect(!read.isSettled || Date().timeIntervalSince(written) >= HashedFile.settlingSeconds)
        shelf.settle()
        #expect(try HashedFile.read(path).isSettled)
    }

    @Test func aHomeMayBeMoved() throws {
        let staging = try shelf.registry.stage()
        let draft = try shelf.draft("f16", ["a.gguf": [1], "b/c/d.json": [2]], in: staging)
        _ = try shelf.registry.add("stories", Lineage(), [draft], by: shelf.by)
        let path = try shelf.registry.locate(reference("stories")).path
        let moved = shelf.folder.path("moved")
        try FileManager.default.moveItem(atPath: shelf.home, toPath: moved)
        let folder = FileTree.parent(of: path).replacing(shelf.home, with: moved)
        #expect(try Array(Data(contentsOf: URL(filePath: "\(folder)/a.gguf"))) == [1])
        #expect(try Array(Data(contentsOf: URL(filePath: "\(folder)/b/c/d.json"))) == [2])
        let registry = try Registry(home: URL(filePath: moved))
        #expect(try registry.locate(reference("stories")).path == "\(folder)/a.gguf")
        #expect(try registry.verify().isSound)
    }

    /// Many make the view of one variant at once, and somebody breaks it.
    @Test func viewsAreMadeOneAfterTheOther() async throws {
        let shelf = shelf
        try shelf.add("stories", [1, 2, 3])
        let view = FileTree.parent(of: try shelf.registry.locate(reference("stories")).path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let own = try Registry(home: shelf.registry.home)
                    for _ in 0..<20 { _ = try own.locate(reference("stories")) }
                }
            }
            group.addTask {
                for _ in 0..<20 {
                    try? FileManager.default.removeItem(atPath: "\(view)/model.gguf")
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        let path = try shelf.registry.locate(reference("stories")).path
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == [1, 2, 3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(shelf.home)/views").count == 1)
    }

    /// Where a variant is one file, a server keeps to the file itself.
    @Test func aVariantOfOneFileHasAPlaceInTheStore() throws {
        try shelf.add("stories", [1, 2, 3])
        let located = try shelf.registry.locate(reference("stories"))
        #expect(located.storedPath == shelf.registry.store.path(of: located.variant.files[0].hash))
        let staging = try shelf.registry.stage()
        let draft = try shelf.draft("f16", ["a.gguf": [1], "b.gguf": [2]], in: staging)
        _ = try shelf.registry.add("shards", Lineage(), [draft], by: shelf.by)
        #expect(try shelf.registry.locate(reference("shards")).storedPath == nil)
    }

    /// A variant that is removed, and its files deleted, while it is asked for was no damaged one.
    @Test func whatIsRemovedWhileItIsReadIsNotFound() throws {
        let other = try Registry(home: shelf.registry.home)
        func add() throws -> ModelReference {
            let staging = try shelf.registry.stage()
            let draft = try shelf.draft(
                "f16", ["a.gguf": Array("a \(UUID())".utf8), "b.gguf": Array("b \(UUID())".utf8)], in: staging)
            return try shelf.registry.add("stories", Lineage(), [draft], by: shelf.by).reference
        }
        func remove(_ version: ModelReference) -> Bool {
            _ = try? other.remove(version, by: shelf.by)
            _ = try? other.collect()
            return true
        }
        try shelf.add("stories", [1], alias: "production")
        let located = try add()
        let first = registryError { _ = try shelf.registry.locate(located) { _ in remove(located) } }
        #expect(first?.code == .notFound && first?.message.contains("removed") == true, "\(first?.message ?? "")")
        let exported = try add()
        let path = shelf.folder.path("archive.tar")
        let second = registryError {
            _ = try shelf.registry.export(exported, to: path) { _, _ in remove(exported) }
        }
        #expect(second?.code == .notFound && second?.message.contains("removed") == true, "\(second?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: path))
        // One that is kept, and whose file is missing, is damaged.
        let kept = try add()
        let hash = try shelf.registry.variant(kept).variant.files[1].hash
        try FileManager.default.removeItem(atPath: shelf.registry.store.path(of: hash))
        #expect(registryError { _ = try shelf.registry.locate(kept) }?.code == .corrupt)
        #expect(registryError { _ = try shelf.registry.export(kept, to: path) }?.code == .corrupt)
    }
}
