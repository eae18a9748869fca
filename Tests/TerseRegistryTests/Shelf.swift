import Foundation
import GRDB
import TestSupport

@testable import TerseRegistry

/// A registry in a folder of its own, and short ways to fill it.
struct Shelf {
    let folder: TemporaryFolder
    let registry: Registry
    let by = Attribution(author: "tester", reason: "a test")

    init() throws {
        folder = try TemporaryFolder()
        registry = try Registry(home: folder.url.appending(path: "home"))
    }

    /// `stories` in two versions: 1, which is live, and 2.
    static func ofTwoVersions() throws -> Shelf {
        let shelf = try Shelf()
        try shelf.add("stories", Array("one".utf8), alias: RegistryName.production)
        try shelf.add("stories", Array("two".utf8))
        return shelf
    }

    var home: String { registry.home.path }

    /// A variant of one file, staged.
    func draft(_ name: String, _ bytes: some Sequence<UInt8>, in staging: Staging) throws -> VariantDraft {
        try draft(name, ["model.gguf": Array(bytes)], in: staging)
    }

    /// A variant of several files; the first in order is the one to open.
    func draft(_ name: String, _ files: [String: [UInt8]], in staging: Staging) throws -> VariantDraft {
        let drafts = try files.sorted { $0.key < $1.key }.map { path, bytes in
            let source = try folder.write(bytes, "source-\(UUID().uuidString)")
            return VariantDraft.File(path: path, blob: try staging.copy(source))
        }
        return VariantDraft(name: name, format: .gguf, entry: drafts.first?.path, files: drafts)
    }

    /// A version with one variant, `f16`, of these bytes.
    @discardableResult
    func add(
        _ name: String, _ bytes: some Sequence<UInt8>, lineage: Lineage = Lineage(), alias: String? = nil
    ) throws -> ModelVersion {
        let staging = try registry.stage()
        return try registry.add(name, lineage, [try draft("f16", bytes, in: staging)], alias: alias, by: by)
    }

    /// Versions 1 to `count`, each of bytes of its own, each in production for a while.
    func addLive(_ name: String, count: Int) throws {
        for number in 1...count { try add(name, Array("\(name) \(number)".utf8), alias: RegistryName.production) }
    }

    func production(_ name: String) throws -> Int? {
        try registry.aliases(of: name).first { $0.alias == RegistryName.production }?.version
    }

    /// Lets so much time go by that files which were just written count as settled, and are remembered when they are
    /// hashed.
    func settle() { usleep(UInt32(HashedFile.settlingSeconds * 2e6)) }

    /// Does to the database what its triggers and constraints refuse.
    func force(_ statements: String...) throws {
        try registry.write { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            defer { try? db.execute(sql: "PRAGMA ignore_check_constraints = OFF") }
            let triggers = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for name in triggers { try db.execute(sql: "DROP TRIGGER \(name)") }
            for statement in statements { try db.execute(sql: statement) }
        }
    }

    /// The files in the store.
    func blobs() throws -> [BlobHash] { try registry.store.list() }
}

/// The error that a call throws.
func registryError(_ body: () throws -> Void) -> RegistryError? {
    do {
        try body()
        return nil
    } catch { return error as? RegistryError }
}

/// What is said of a conflict that a call throws; nil where it throws nothing, or something else.
func refusal(_ body: () throws -> Void) -> String? {
    let error = registryError(body)
    return error?.code == .conflict ? error?.message : nil
}

func reference(_ text: String) throws -> ModelReference { try ModelReference(text) }
