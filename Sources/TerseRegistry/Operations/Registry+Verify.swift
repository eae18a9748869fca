import Foundation
import GRDB

/// What a verification found.
public struct Verification: Sendable, Equatable {
    public internal(set) var models = 0
    public internal(set) var versions = 0
    /// Those that are kept.
    public internal(set) var variants = 0
    /// Moves of aliases.
    public internal(set) var moves = 0
    /// Files of the store that variants need, all of them read.
    public internal(set) var files = 0
    /// Of these.
    public internal(set) var byteCount: Int64 = 0
    /// Files that a collection of garbage would delete.
    public internal(set) var garbageFiles = 0
    /// What is wrong, in sentences; empty: nothing.
    public internal(set) var problems: [String] = []

    public var isSound: Bool { problems.isEmpty }
}

extension Registry {
    /// Reads and hashes every file that a variant needs, and checks the database and what must hold between its rows.
    /// - Parameter progress: is told how many bytes of how many were read; false stops.
    /// - Throws: `RegistryError` when it cannot go on; what is wrong with the registry is in the result.
    public func verify(progress: (Int64, Int64) -> Bool = { _, _ in true }) throws(RegistryError) -> Verification {
        let damage = try read { try Invariants(db: $0).damage() }
        // From damaged pages anything may be read.
        guard damage.isEmpty else { return Verification(problems: damage) }
        var result = try read { db in
            var result = Verification()
            result.models = try Int.fetchOne(db, sql: "SELECT count(*) FROM model") ?? 0
            result.versions = try Int.fetchOne(db, sql: "SELECT count(*) FROM version") ?? 0
            result.moves = try Int.fetchOne(db, sql: "SELECT count(*) FROM alias_move") ?? 0
            result.problems = try Invariants(db: db).problems()
            return result
        }
        let needed = try neededFiles()
        result.variants = needed.variants
        let total = needed.files.reduce(Int64(0)) { $0.addingClamped($1.value.byteCount) }
        for (hash, file) in needed.files.sorted(by: { $0.key.description < $1.key.description }) {
            do {
                try rehash(hash, file.byteCount) { progress(result.byteCount.addingClamped($0), total) }
            } catch {
                if error.code == .cancelled { throw error }
                // What was removed and collected meanwhile is missed by nobody.
                guard try isNeeded(hash) else { continue }
                result.problems.append("\(file.owner): \(error.message)")
            }
            result.files += 1
            result.byteCount = result.byteCount.addingClamped(file.byteCount)
        }
        let present = try store.list()
        result.garbageFiles = present.count { needed.files[$0] == nil }
        return result
    }

    /// The files of all variants that are kept, each with the first that has it.
    private func neededFiles() throws(RegistryError) -> (
        variants: Int, files: [BlobHash: (byteCount: Int64, owner: String)]
    ) {
        try read { db in
            let sql = """
                SELECT model.name AS model, number, variant.name AS variant, path, sha256, bytes, variant.id AS id
                FROM variant_file JOIN variant ON variant.id = variant_id JOIN version ON version.id = version_id
                    JOIN model ON model.id = model_id
                WHERE variant.id NOT IN (SELECT variant_id FROM removal)
                """
            var files: [BlobHash: (byteCount: Int64, owner: String)] = [:]
            var variants: Set<Int64> = []
            let rows = try Row.fetchCursor(db, sql: sql)
            while let row = try rows.next() {
                variants.insert(try row.get("id"))
                let (model, number, variant): (String, Int, String) = try (
                    row.get("model"), row.get("number"), row.get("variant")
                )
                let owner = "\(model):\(number)/\(variant)"
                let hash = try BlobHash(row.get("sha256"), of: owner)
                let path: String = try row.get("path")
                if files[hash] == nil { files[hash] = (try row.get("bytes"), "\(owner), \(path)") }
            }
            return (variants.count, files)
        }
    }

    private func isNeeded(_ hash: BlobHash) throws(RegistryError) -> Bool {
        try read { db in
            let sql = """
                SELECT EXISTS (SELECT * FROM variant_file WHERE sha256 = ?
                    AND variant_id NOT IN (SELECT variant_id FROM removal))
                """
            return try Bool.fetchOne(db, sql: sql, arguments: [hash.description]) ?? false
        }
    }
}
