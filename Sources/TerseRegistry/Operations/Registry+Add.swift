import Foundation
import GRDB

extension Registry {
    /// A folder to bring files into the store through; what is not registered goes with it.
    public func stage() throws(RegistryError) -> Staging { try store.stage() }

    /// Registers a new version, and its model when it is the first.
    /// - Parameters:
    ///   - alias: an alias to point to its first variant in the same transaction.
    /// - Returns: the version, which is there with all variants, or not at all.
    /// - Throws: `RegistryError` naming what is wrong; then nothing was changed.
    public func add(
        _ name: String, _ lineage: Lineage, _ variants: [VariantDraft], alias: String? = nil, by: Attribution
    ) throws(RegistryError) -> ModelVersion {
        try RegistryName.check(name, "name of a model")
        if let alias { try AliasLedger.checkName(alias) }
        try lineage.check()
        try Self.check(variants, by)
        return try publish(variants) { db in
            let ledger = Ledger(db: db, by: by)
            let model = try ledger.model(name)
            let number = try ledger.nextNumber(of: model)
            let version = try ledger.version(of: model, number, lineage)
            let ids = try variants.map { try ledger.variant(of: version, $0) }
            if let alias { try AliasLedger(db: db, model: model, alias: alias, by: by).set(ids[0]) }
            return try Catalog(db: db).version(Catalog.VersionKey(id: version, model: name, number: number))
        }
    }

    /// Registers further variants of a version.
    /// - Throws: `RegistryError` (`conflict` when it has, or had, one of the name); then nothing was changed.
    public func add(
        _ variants: [VariantDraft], to reference: ModelReference, by: Attribution
    ) throws(RegistryError) -> ModelVersion {
        try Self.check(variants, by)
        return try publish(variants) { db in
            let catalog = Catalog(db: db)
            let key = try catalog.version(reference)
            let known = try catalog.variants(of: key.id)
            let ledger = Ledger(db: db, by: by)
            guard known.count + variants.count <= RegistryLimits.variantsMax else {
                throw RegistryError(
                    .limitExceeded,
                    "\(key.model):\(key.number): \(known.count) variants and \(variants.count) more, the limit is "
                        + "\(RegistryLimits.variantsMax)")
            }
            for variant in variants {
                if let other = known.first(where: { $0.name == variant.name }) {
                    throw RegistryError(
                        .conflict,
                        "\(key.model):\(key.number) \(other.removed == nil ? "has" : "had") a variant "
                            + "\(variant.name) already; variants do not change, give it another name")
                }
                _ = try ledger.variant(of: key.id, variant)
            }
            return try catalog.version(key)
        }
    }

    private static func check(_ variants: [VariantDraft], _ by: Attribution) throws(RegistryError) {
        try by.check()
        guard !variants.isEmpty, variants.count <= RegistryLimits.variantsMax else {
            throw RegistryError(
                .invalid, "expected 1 to \(RegistryLimits.variantsMax) variants, found \(variants.count)")
        }
        for variant in variants { try variant.check() }
        let names = variants.map(\.name)
        guard Set(names).count == names.count else {
            throw RegistryError(.invalid, "variants: two have one name: \(names.joined(separator: ", "))")
        }
    }

    /// Gives the staged files their names, then records what `body` does; garbage is not collected in between.
    ///
    /// What the store has already is read before the lock is taken, since others wait for that; under it a look at the
    /// file tells whether it is still the one that was read.
    func publish<Value>(
        _ variants: [VariantDraft], recording body: (Database) throws -> Value
    ) throws(RegistryError) -> Value {
        let blobs = variants.flatMap { $0.files.map(\.blob) }
        var sound: [BlobHash: String] = [:]
        for blob in blobs where sound[blob.hash] == nil { sound[blob.hash] = soundIdentity(blob) }
        let lock = try store.lock(.shared)
        // What is harmed, was changed or is gone meanwhile gives way to the staged file.
        try store.place(blobs) { blob in
            sound[blob.hash].map { $0 == HashedFile.identity(of: store.path(of: blob.hash)) } ?? false
        }
        let value = try write(body)
        lock.release()
        return value
    }

    /// By what to tell the store's file, read and found right, from another.
    /// - Returns: nil when the staged file is to take its place.
    private func soundIdentity(_ blob: Staging.Blob) -> String? {
        do {
            if let identity = try verify(blob.hash, blob.byteCount) { return identity }
            // An earlier try to register may have placed the staged file itself, just now.
            guard HashedFile.identity(of: blob.path) == nil else { return nil }
            usleep(UInt32(HashedFile.settlingSeconds * 1e6))
            return try verify(blob.hash, blob.byteCount)
        } catch { return nil }
    }
}
