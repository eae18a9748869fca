import Foundation
import GRDB
import TestSupport
import Testing

@testable import TerseRegistry

/// The file as others see it, and files of others.
@Suite struct DatabaseFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sqlite(_ sql: String, _ path: String) throws -> (status: Int32, output: String) {
        try Script.run("sqlite.py", [path, sql])
    }

    private var path: String { folder.path("registry.sqlite") }

    private func open() throws -> Registry { try Registry(home: folder.url) }

    @Test func othersReadItWhileItIsOpen() throws {
        let shelf = try Shelf()
        try shelf.addLive("stories", count: 2)
        let database = "\(shelf.home)/registry.sqlite"
        let live = try sqlite(
            """
            SELECT model.name, number, variant.name, alias FROM alias JOIN model ON model.id = alias.model_id
            JOIN variant ON variant.id = variant_id JOIN version ON version.id = version_id ORDER BY alias
            """, database)
        #expect(live.output == "stories|1|f16|previous\nstories|2|f16|production\n", "\(live)")
        #expect(try sqlite("PRAGMA journal_mode", database).output == "wal\n")
        #expect(try sqlite("PRAGMA integrity_check", database).output == "ok\n")
        #expect(try sqlite("PRAGMA application_id", database).output == "\(Schema.applicationID)\n")
        #expect(try sqlite("PRAGMA user_version", database).output == "\(Schema.version)\n")
        let forged = try sqlite("UPDATE alias_move SET made_by = 'nobody'", database)
        #expect(forged.status == 1 && forged.output.contains("kept as they are"), "\(forged)")
    }

    @Test func anotherDatabaseIsRefusedAndLeftAlone() throws {
        _ = try sqlite("CREATE TABLE t (x)", path)
        let before = try Data(contentsOf: URL(filePath: path))
        let error = registryError { _ = try open() }
        #expect(
            error?.code == .foreign && error?.message.contains("another database") == true, "\(error?.message ?? "")")
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        _ = try sqlite("PRAGMA application_id = 7", path)
        #expect(registryError { _ = try open() }?.code == .foreign)
    }

    @Test func aNewerRegistryIsRefused() throws {
        _ = try open()
        _ = try sqlite("PRAGMA user_version = 99", path)
        let error = registryError { _ = try open() }
        #expect(error?.code == .foreign && error?.message.contains("99") == true, "\(error?.message ?? "")")
    }

    @Test func aRegistryOfTheFirstSchemaIsGoneOnWith() throws {
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue, upTo: "1")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO model (name, made_at, made_by) VALUES ('stories', '2026-01-01 00:00:00.000', 'x');
                    INSERT INTO version (model_id, number, made_at, made_by)
                    VALUES (1, 7, '2026-01-01 00:00:00.000', 'x');
                    """)
        }
        try queue.close()
        #expect(try open().versions(of: "stories").map(\.number) == [7])
        #expect(try sqlite("PRAGMA user_version", path).output == "\(Schema.version)\n")
        let refused = try sqlite(
            "INSERT INTO version (model_id, number, made_at, made_by) "
                + "VALUES (1, 1000000001, '2026-01-01 00:00:00.000', 'x')", path)
        #expect(refused.status == 1 && refused.output.contains("number of a version"), "\(refused)")
    }

    @Test func whatIsNoDatabaseIsRefused() throws {
        try folder.write(
            Array("this is no database, but a longer text than the header of one, which has 100 bytes\n".utf8),
            "registry.sqlite")
        try folder.write([UInt8](repeating: 7, count: 5000), "registry.sqlite")
        #expect(registryError { _ = try open() }?.code == .foreign)
    }

    /// A process may die anywhere while the file is made.
    @Test(arguments: [
        "", "PRAGMA journal_mode = WAL", "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)",
    ])
    func aFileThatWasHardlyBegunIsGoneOnWith(sql: String) throws {
        if sql.isEmpty { try folder.write([], "registry.sqlite") } else { _ = try sqlite(sql, path) }
        #expect(try open().verify().isSound)
    }

    @Test func aDamagedDatabaseIsSaid() throws {
        let shelf = try Shelf()
        try shelf.addLive("stories", count: 30)
        let copy = folder.path("registry.sqlite")
        _ = try sqlite("VACUUM INTO '\(copy)'", "\(shelf.home)/registry.sqlite")
        let handle = try FileHandle(forWritingTo: URL(filePath: copy))
        let size = try handle.seekToEnd()
        // The header and the schema stay; every page behind them is overwritten.
        for offset in stride(from: UInt64(4096 * 12), to: size, by: 512) {
            try handle.seek(toOffset: offset)
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 512))
        }
        try handle.close()
        do {
            let result = try open().verify()
            #expect(!result.isSound)
        } catch { #expect((error as? RegistryError)?.code == .corrupt, "\(error)") }
    }

    /// Whatever is wrong with its pages, a registry that cannot be read says so.
    @Test func damageAnywhereIsAnErrorAndNothingWorse() throws {
        let shelf = try Shelf()
        try shelf.addLive("stories", count: 20)
        for number in 0..<5 { try shelf.add("poems", [UInt8(number)], alias: "candidate") }
        for number in 1...10 {
            let figures = (0..<9).map {
                Profile.Figure(
                    quantity: "q\($0)", unit: "1", value: 1, low: 0, high: 2, samples: 9, method: "m", basis: .measured)
            }
            var profile = Profile(host: "h", hostDetails: "{}", program: "p", conditions: "{}", figures: figures)
            profile.parent = try reference("poems:1")
            try shelf.registry.record(profile, of: reference("stories:\(number)"), by: shelf.by)
        }
        _ = try sqlite("VACUUM INTO '\(path)'", "\(shelf.home)/registry.sqlite")
        let sound = Array(try Data(contentsOf: URL(filePath: path)))
        try FileManager.default.copyItem(atPath: "\(shelf.home)/blobs", toPath: folder.path("blobs"))
        var fuzz = MutationFuzz()
        let outcome = fuzz.run([sound], headBytes: sound.count, variants: 200) { bytes in
            for ending in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + ending) }
            try folder.write(bytes, "registry.sqlite")
            let registry = try open()
            let result = try registry.verify()
            _ = try registry.models()
            _ = try registry.history()
            _ = try registry.profiles(ofModel: "stories")
            if !result.isSound { throw RegistryError(.corrupt, "") }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    /// SQLite finds nothing wrong with these, or says so and lets them be read.
    @Test func valuesThatCannotBeAreErrors() throws {
        let shelf = try Shelf()
        try shelf.addLive("stories", count: 2)
        try shelf.force("UPDATE variant_file SET bytes = 9223372036854775807")
        #expect(try shelf.registry.verify().problems.count == 2)
        try shelf.force("UPDATE version SET made_at = 'yesterday'")
        #expect(try shelf.registry.verify().problems.contains { $0.contains("version") })
        let error = registryError { _ = try shelf.registry.versions(of: "stories") }
        #expect(
            error?.code == .corrupt && error?.message.contains("column made_at: expected Date, found") == true,
            "\(error?.message ?? "")")
    }

    /// What is recorded in a file that has no name any more is lost.
    @Test func anotherFileInItsPlaceIsNoticed() throws {
        let shelf = try Shelf()
        try shelf.addLive("stories", count: 1)
        try shelf.registry.checkPlace()
        let copy = shelf.folder.path("copy")
        try FileManager.default.copyItem(atPath: shelf.registry.path, toPath: copy)
        #expect(rename(copy, shelf.registry.path) == 0)
        #expect(registryError { try shelf.registry.checkPlace() }?.message.contains("another file") == true)
        try FileManager.default.removeItem(atPath: shelf.registry.path)
        #expect(registryError { try shelf.registry.checkPlace() } != nil)
    }

    /// Many connections that open a registry which is not there yet, at once.
    @Test func itIsMadeOnce() async throws {
        let home = folder.url
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { _ = try Registry(home: home).models() } }
            try await group.waitForAll()
        }
        #expect(try open().verify().isSound)
    }
}
