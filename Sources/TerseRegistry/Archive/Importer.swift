import Foundation
import GRDB

/// Adds what an archive lists to what is here, within a transaction.
struct Importer {
    let catalog: Catalog
    let ledger: Ledger
    let manifest: ArchiveManifest
    private(set) var report: Registry.ImportReport

    init(catalog: Catalog, ledger: Ledger, manifest: ArchiveManifest, model: String) {
        self.catalog = catalog
        self.ledger = ledger
        self.manifest = manifest
        report = Registry.ImportReport(model: model)
    }

    /// - Parameter drafts: for each version of the manifest its variants.
    mutating func add(_ drafts: [[VariantDraft]]) throws {
        let model = try ledger.model(report.model)
        let here = Dictionary(
            uniqueKeysWithValues: try catalog.versions(of: report.model).map { ($0.number, $0) })
        for (version, drafts) in zip(manifest.versions, drafts) {
            let by = Self.attribution(version.made, ledger.by)
            if let known = here[version.number] {
                try extend(known, with: version, drafts)
            } else {
                var lineage = version.lineage
                (lineage.parent, lineage.parentElsewhere) = try parent(of: version)
                let id = try Ledger(db: ledger.db, by: by, date: ledger.date).version(
                    of: model, version.number, lineage)
                for (variant, draft) in zip(version.variants, drafts) { try add(draft, variant.made, to: id) }
                report.versions.append(version.number)
            }
        }
    }

    /// Adds the variants that a version here lacks, if it is the same version.
    private mutating func extend(
        _ known: ModelVersion, with version: ArchiveManifest.Version, _ drafts: [VariantDraft]
    ) throws {
        var (ours, theirs) = (known.lineage.ordered, version.lineage.ordered)
        // Who the parent is depends on what else is here.
        (ours.parent, theirs.parent) = (nil, nil)
        (ours.parentElsewhere, theirs.parentElsewhere) = (nil, nil)
        var missing: [(VariantDraft, Record)] = []
        var sameCount = 0
        for (variant, draft) in zip(version.variants, drafts) {
            guard let other = known.variants.first(where: { $0.name == variant.name }) else {
                missing.append((draft, variant.made))
                continue
            }
            guard FilePath.digest(other.files) == FilePath.digest(variant.files), other.format == variant.format,
                RecordText.areSame(other.entry, variant.entry)
            else {
                throw conflict(version, "its variant \(variant.name) has other files")
            }
            sameCount += 1
            if other.removed != nil {
                report.notices.append("\(known.reference)/\(variant.name) was removed here and stays removed")
            }
        }
        guard sameCount > 0, ours == theirs else {
            throw conflict(version, sameCount == 0 ? "none of its variants is the same" : "its lineage is another")
        }
        guard known.variants.count + missing.count <= RegistryLimits.variantsMax else {
            throw RegistryError(
                .limitExceeded,
                "\(known.reference): \(known.variants.count) variants and \(missing.count) more, the limit is "
                    + "\(RegistryLimits.variantsMax)")
        }
        report.known += sameCount
        let id = try catalog.version(known.reference).id
        for (draft, made) in missing { try add(draft, made, to: id) }
    }

    private mutating func add(_ draft: VariantDraft, _ made: Record, to version: Int64) throws {
        let by = Self.attribution(made, ledger.by)
        _ = try Ledger(db: ledger.db, by: by, date: ledger.date).variant(of: version, draft)
        report.variants += 1
    }

    mutating func moveAliases() throws {
        let model = try catalog.modelID(report.model)
        for alias in manifest.aliases {
            let reference = ModelReference(
                name: report.model, selector: .version(alias.version), variant: alias.variant)
            try AliasLedger.checkName(alias.alias)
            try AliasLedger(db: ledger.db, model: model, alias: alias.alias, by: ledger.by)
                .set(try catalog.variant(reference).variant.id)
            report.aliases.append(alias.alias)
        }
    }

    /// The version's parent as it is called here, if it is here, else as it is called where it comes from. A version of
    /// that name and number may be anybody's: it is the parent only when one of its variants is made of the same files.
    private mutating func parent(
        of version: ArchiveManifest.Version
    ) throws -> (here: ModelReference?, elsewhere: ModelReference?) {
        guard let parent = version.lineage.parent else { return (nil, nil) }
        let renamed = parent.name == manifest.model ? report.model : parent.name
        var isAnother = false
        for name in renamed == parent.name ? [parent.name] : [renamed, parent.name] {
            let reference = ModelReference(name: name, selector: parent.selector)
            do {
                let variants = try catalog.variants(of: try catalog.version(reference).id)
                if variants.contains(where: { version.parentDigests.contains(FilePath.digest($0.files)) }) {
                    return (reference, nil)
                }
                isAnother = true
            } catch let error as RegistryError where error.code == .notFound {}
        }
        report.notices.append(
            "\(report.model):\(version.number): its parent \(parent) is "
                + (isAnother ? "another version here" : "not here") + "; its name is kept")
        return (nil, parent)
    }

    private func conflict(_ version: ArchiveManifest.Version, _ reason: String) -> RegistryError {
        RegistryError(
            .conflict,
            "\(report.model):\(version.number) is another version here: \(reason); import the archive under "
                + "another name")
    }

    /// The one who imports, and who made it.
    private static func attribution(_ made: Record, _ by: Attribution) -> Attribution {
        let origin = "imported; made at \(Timestamp.text(made.date)) by \(made.author)"
        let reasons = [by.reason, origin + (made.reason.map { ": \($0)" } ?? "")].compactMap { $0 }
        return Attribution(
            author: by.author,
            reason: RecordText.prefix(reasons.joined(separator: "; "), max: RegistryLimits.noteCharactersMax))
    }
}
