import Foundation
import GRDB

extension Registry {
    /// Makes sure that a file of the store is what its name says. It is read and hashed once; after that it is enough
    /// that device, inode, size and times are still those of the file that was hashed. `verify` reads every time.
    /// - Throws: `RegistryError` (`corrupt`) naming the file, what was expected and what was found.
    func verify(
        _ hash: BlobHash, _ byteCount: Int64, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) {
        let path = store.path(of: hash)
        guard let identity = HashedFile.identity(of: path) else {
            throw RegistryError(.corrupt, "\(path): the file is missing; registering it again restores it")
        }
        let known = try read { db in
            let sql = "SELECT identity FROM blob_check WHERE sha256 = ?"
            return try String.fetchOne(db, sql: sql, arguments: [hash.description])
        }
        if known == identity { return }
        try rehash(hash, byteCount, progress: progress)
    }

    /// The same, reading the file whatever is known of it.
    func rehash(
        _ hash: BlobHash, _ byteCount: Int64, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) {
        let path = store.path(of: hash)
        let found = try HashedFile.read(path, progress: progress)
        guard found.byteCount == byteCount else {
            throw RegistryError(
                .corrupt,
                "\(path): expected \(byteCount) bytes, found \(found.byteCount); registering the file again restores it"
            )
        }
        guard found.hash == hash else {
            throw RegistryError(
                .corrupt,
                "\(path): expected SHA-256 \(hash), found \(found.hash); registering the file again restores it")
        }
        // What cannot be kept is found out again.
        try? write { db in
            try db.execute(
                sql: """
                    INSERT INTO blob_check (sha256, identity) VALUES (?, ?)
                    ON CONFLICT (sha256) DO UPDATE SET identity = excluded.identity
                    """,
                arguments: [hash.description, found.identity])
        }
    }
}
