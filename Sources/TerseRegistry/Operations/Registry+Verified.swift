import Foundation
import GRDB

extension Registry {
    /// Makes sure that a file of the store is what its name says. It is read and hashed once; after that it is enough
    /// that device, inode, size and times are still those of the file that was hashed. `verify` reads every time.
    /// - Returns: by what to tell that it is still the same file; nil when it was changed too short a time ago to tell.
    /// - Throws: `RegistryError` (`corrupt`) naming the file, what was expected and what was found.
    @discardableResult
    func verify(
        _ hash: BlobHash, _ byteCount: Int64, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> String? {
        let path = store.path(of: hash)
        guard let identity = HashedFile.identity(of: path) else { throw Self.absence(of: path) }
        let known = try read { db in
            let sql = "SELECT identity FROM blob_check WHERE sha256 = ?"
            return try String.fetchOne(db, sql: sql, arguments: [hash.description])
        }
        if known == identity { return identity }
        return try rehash(hash, byteCount, progress: progress)
    }

    /// The same, reading the file whatever is known of it.
    @discardableResult
    func rehash(
        _ hash: BlobHash, _ byteCount: Int64, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> String? {
        let found = try readBlob(hash, byteCount, progress: progress)
        guard found.isSettled else { return nil }
        // What cannot be kept is found out again.
        try? write { db in
            try db.execute(
                sql: """
                    INSERT INTO blob_check (sha256, identity) VALUES (?, ?)
                    ON CONFLICT (sha256) DO UPDATE SET identity = excluded.identity
                    """,
                arguments: [hash.description, found.identity])
        }
        return found.identity
    }

    /// Reads a file of the store to its end.
    /// - Parameter sink: takes each piece as it is read; whether they were right is known at the end.
    /// - Throws: `RegistryError` (`corrupt`) naming the file, what was expected and what was found.
    func readBlob(
        _ hash: BlobHash, _ byteCount: Int64,
        into sink: (UnsafeRawBufferPointer) throws(RegistryError) -> Void = { _ in },
        progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> HashedFile {
        let path = store.path(of: hash)
        guard HashedFile.identity(of: path) != nil else { throw Self.absence(of: path) }
        let found = try HashedFile.read(path, into: sink, progress: progress)
        let what: (expected: String, found: String)
        if found.byteCount != byteCount {
            what = ("\(byteCount) bytes", "\(found.byteCount)")
        } else if found.hash != hash {
            what = ("SHA-256 \(hash)", "\(found.hash)")
        } else {
            return found
        }
        throw RegistryError(
            .corrupt,
            "\(path): expected \(what.expected), found \(what.found); registering the file again restores it")
    }

    private static func absence(of path: String) -> RegistryError {
        RegistryError(.corrupt, "\(path): the file is missing; registering it again restores it")
    }

    /// What is to be said of a file that could not be read: that its variant was removed, and the file deleted, while
    /// it was asked for, if it was; that is no damage.
    func explained(_ error: RegistryError, _ variants: [ModelReference]) -> RegistryError {
        guard [.corrupt, .system].contains(error.code) else { return error }
        do {
            try read { db in
                for variant in variants { _ = try Catalog(db: db).variant(variant) }
            }
            return error
        } catch let reason { return reason.code == .notFound ? reason : error }
    }
}
