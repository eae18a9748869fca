import Foundation
import GRDB

extension Registry {
    /// What came of an archive.
    public struct ImportReport: Sendable {
        /// The name of the model here.
        public let model: String
        /// Versions that were not here.
        public internal(set) var versions: [Int] = []
        /// Variants that were not here, those of new versions among them.
        public internal(set) var variants = 0
        /// Variants that were here already.
        public internal(set) var known = 0
        /// Aliases that were moved.
        public internal(set) var aliases: [String] = []
        /// What the user should know, in sentences.
        public internal(set) var notices: [String] = []
    }

    /// Registers what an archive holds, its versions under their numbers. What is here already stays as it is, so that
    /// the same archive may be imported again.
    /// - Parameters:
    ///   - path: a file or a pipe.
    ///   - name: another name for the model.
    ///   - movesAliases: whether aliases are pointed to what the archive says, too.
    ///   - progress: is told how many bytes of how many files have come; false stops.
    /// - Throws: `RegistryError`: `invalid` when the archive breaks a rule, `corrupt` when bytes are not what it says they
    ///   are, `conflict` when a version here is another one. Then nothing was changed.
    public func importArchive(
        at path: String, as name: String? = nil, movesAliases: Bool = false, by: Attribution,
        progress: (Int64, Int64) -> Bool = { _, _ in true }
    ) throws(RegistryError) -> ImportReport {
        try by.check()
        if let name { try RegistryName.check(name, "name of a model") }
        let staging = try stage()
        let archive = try Archive(at: path, into: staging, space: freeBytes, progress: progress)
        let drafts = try archive.manifest.versions.map { version throws(RegistryError) in
            try version.variants.map { variant throws(RegistryError) in try archive.draft(variant) }
        }
        return try publish(drafts.flatMap { $0 }) { db in
            var importer = Importer(
                catalog: Catalog(db: db), ledger: Ledger(db: db, by: by), manifest: archive.manifest,
                model: name ?? archive.manifest.model)
            try importer.add(drafts)
            if movesAliases { try importer.moveAliases() }
            return importer.report
        }
    }

    private var freeBytes: Int64 {
        var status = statvfs()
        return statvfs(home.path, &status) == 0 ? Int64(status.f_bavail) * Int64(status.f_frsize) : .max
    }
}
