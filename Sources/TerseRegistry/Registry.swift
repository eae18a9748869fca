import Foundation
import GRDB

/// What models there are, what is live and what was: rows in `registry.sqlite`, files by their SHA-256 beside it.
///
/// Any number of processes may use one registry at once, and each may be killed at any moment. What a call records it
/// records in one transaction, synced to the disk when the call returns; files are there before the rows that name
/// them. Three locks of the system (`flock`), freed when a process dies, order what SQLite does not:
///
/// - `registry.lock` is held while the database is opened, so that it is made once.
/// - Files are written to a folder of `blobs/staging` that its writer keeps locked, for as long as copying and
///   converting takes. A folder that nobody has locked was left behind by a process that died.
/// - `blobs/lock` is held together (shared) by all who give files their names and then record them, which takes
///   milliseconds, and alone (exclusive) by the collection of garbage while it asks the database what is needed and
///   deletes the rest, and by who makes a view. So no file is deleted between its placing and its recording, and the
///   collection waits for no copying, converting or hashing.
///
/// Only files of removed variants are ever deleted, and a variant cannot be removed, in the same transaction that
/// checks it, while an alias points to it, a rollback within the model's stated depth would bring it back, or a program
/// holds it (`leases/variants`, by shared locks).
public final class Registry: Sendable {
    /// The folder of everything.
    public let home: URL
    let path: String
    let store: BlobStore
    private let database: DatabaseQueue
    private let opened: FileIdentity?

    /// Opens the registry of this folder, and makes it when it is not there.
    /// - Throws: `RegistryError`: `foreign` when `registry.sqlite` is something else, `busy`, `system`.
    public init(home: URL) throws(RegistryError) {
        self.home = home
        path = Self.path(in: home)
        try FileTree.makeFolder(home.path)
        store = try BlobStore(home: home)
        let lock = try FileLock.acquire(home.appending(path: "registry.lock").path, .exclusive)
        do {
            database = try DatabaseQueue(path: path, configuration: Self.configuration(path))
            let found = try database.read { try Int32.fetchOne($0, sql: "PRAGMA user_version") }
            if found != Schema.version { try Schema.migrator.migrate(database) }
        } catch { throw .ofDatabase(error, path) }
        opened = FileIdentity(path)
        lock.release()
    }

    /// - Throws: `RegistryError` (`system`) when the database's name is another file's by now, as when a copy was put in
    ///   its place: whatever is recorded then is lost.
    public func checkPlace() throws(RegistryError) {
        guard FileIdentity(path) == opened else {
            throw RegistryError(
                .system, "\(path): another file is there now than when this program opened it; start it again")
        }
    }

    /// Whether this folder has a registry.
    public static func exists(in home: URL) -> Bool { FileManager.default.fileExists(atPath: path(in: home)) }

    private static func path(in home: URL) -> String { home.appending(path: "registry.sqlite").path }

    private static func configuration(_ path: String) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(RegistryLimits.waitSecondsMax)
        configuration.prepareDatabase { db in
            try Schema.check(db, path: path)
            // A commit is on the disk when it returns: with NORMAL, a power failure could undo it.
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        }
        return configuration
    }

    /// One transaction, done wholly or not at all.
    func write<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
        do { return try database.write(body) } catch { throw .ofDatabase(error, path) }
    }

    /// Reads of one moment.
    func read<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
        do { return try database.read(body) } catch { throw .ofDatabase(error, path) }
    }

    /// Now, to the millisecond as it is recorded.
    static var now: Date { Date(timeIntervalSince1970: (Date().timeIntervalSince1970 * 1000).rounded(.down) / 1000) }
}

/// Which file a path names.
private struct FileIdentity: Equatable {
    private let device: dev_t
    private let inode: ino_t

    /// Nil where there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }
}
