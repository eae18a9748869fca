import Foundation
import GRDB

/// What a collection of garbage found.
public struct CollectedGarbage: Sendable, Equatable {
    /// Files that no variant that is kept has.
    public internal(set) var files = 0
    /// Of these.
    public internal(set) var byteCount: Int64 = 0
    /// Folders that died processes left.
    public internal(set) var leftovers = 0
}

extension Registry {
    /// Deletes the files that no variant that is kept has, and what died processes left. Waits for others to record
    /// what they have just placed; nothing is placed meanwhile.
    /// - Parameter isDryRun: only counts.
    /// - Throws: `RegistryError`; what was deleted by then was not needed.
    public func collect(isDryRun: Bool = false) throws(RegistryError) -> CollectedGarbage {
        let lock = try store.lock(.exclusive)
        let (hashes, digests) = try read { db in
            let kept = "SELECT id FROM variant WHERE id NOT IN (SELECT variant_id FROM removal)"
            let hashes = try String.fetchSet(
                db, sql: "SELECT DISTINCT sha256 FROM variant_file WHERE variant_id IN (\(kept))")
            return (hashes, try String.fetchSet(db, sql: "SELECT digest FROM variant WHERE id IN (\(kept))"))
        }
        var garbage = CollectedGarbage()
        for hash in try store.list() where !hashes.contains(hash.description) {
            let path = store.path(of: hash)
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if !isDryRun {
                guard unlink(path) == 0 else { throw .ofSystem("cannot delete", path) }
            }
            garbage.files += 1
            garbage.byteCount += Int64(status.st_size)
        }
        if !isDryRun {
            garbage.leftovers = try store.removeLeftovers()
            try views.removeAll(but: digests)
            try forgetChecks(but: hashes)
        }
        lock.release()
        return garbage
    }

    private func forgetChecks(but hashes: Set<String>) throws(RegistryError) {
        try write { db in
            let known = try String.fetchAll(db, sql: "SELECT sha256 FROM blob_check")
            for hash in known where !hashes.contains(hash) {
                try db.execute(sql: "DELETE FROM blob_check WHERE sha256 = ?", arguments: [hash])
            }
        }
    }
}
