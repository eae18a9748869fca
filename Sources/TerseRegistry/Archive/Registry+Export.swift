import Foundation
import GRDB
import TerseFormats

extension Registry {
    /// What was written.
    public struct ExportReport: Sendable {
        public internal(set) var versions = 0
        public internal(set) var variants = 0
        public internal(set) var files = 0
        /// Of the files.
        public internal(set) var byteCount: Int64 = 0
    }

    /// Writes what a reference names, with all that is kept of it, as one tar archive: `manifest.json`, then each file
    /// once, by its hash. A name alone is the whole model. The archive appears when it is complete; a pipe or device
    /// is written to as it stands.
    /// - Parameter progress: is told how many bytes of how many were written; false stops.
    /// - Throws: `RegistryError`; `corrupt` when a file is not what it should be. Then no archive appears.
    public func export(
        _ reference: ModelReference, to path: String, progress: (Int64, Int64) -> Bool = { _, _ in true }
    ) throws(RegistryError) -> ExportReport {
        let manifest = try read { try Self.manifest($0, reference) }
        let text = try Self.text(of: manifest, reference)
        do {
            return try write(manifest, text, to: OutputFile(path: path), progress)
        } catch let error as FormatError {
            throw RegistryError(.system, error.message)
        } catch let error as RegistryError {
            throw explained(error, manifest.references)
        } catch { throw RegistryError(.system, "\(path): \(error)") }
    }

    /// The manifest's bytes, read once as an import will: what would be refused there is not written.
    private static func text(
        of manifest: ArchiveManifest, _ reference: ModelReference
    ) throws(RegistryError) -> [UInt8] {
        let text = Array(manifest.json.serialized(pretty: true).utf8) + [0x0A]
        guard text.count <= RegistryLimits.manifestBytesMax else {
            throw RegistryError(
                .limitExceeded,
                "\(reference): a manifest of \(text.count) bytes, the limit is \(RegistryLimits.manifestBytesMax)")
        }
        do { _ = try ArchiveManifest(text, "\(reference)") } catch {
            throw RegistryError(error.code, "no import would take this: \(error.message)")
        }
        return text
    }

    private func write(
        _ manifest: ArchiveManifest, _ text: [UInt8], to output: OutputFile, _ progress: (Int64, Int64) -> Bool
    ) throws -> ExportReport {
        let blobs = manifest.blobs
        var report = ExportReport()
        report.versions = manifest.versions.count
        report.variants = manifest.versions.reduce(0) { $0 + $1.variants.count }
        let total = blobs.reduce(Int64(0)) { $0.addingClamped($1.byteCount) }
        try output.write(TarHeader(name: ArchiveManifest.entryName, byteCount: Int64(text.count)).block)
        try output.write(text)
        try output.pad(to: TarHeader.blockBytes)
        for blob in blobs {
            try output.write(
                TarHeader(name: ArchiveManifest.entryName(of: blob.hash), byteCount: blob.byteCount).block)
            _ = try readBlob(
                blob.hash, blob.byteCount,
                into: { bytes throws(RegistryError) in
                    do throws(FormatError) { try output.write(bytes) } catch {
                        throw RegistryError(.system, error.message)
                    }
                }, progress: { progress(report.byteCount + $0, total) })
            try output.pad(to: TarHeader.blockBytes)
            report.files += 1
            report.byteCount += blob.byteCount
        }
        try output.write([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes))
        try output.commit()
        return report
    }

    private static func manifest(_ db: Database, _ reference: ModelReference) throws -> ArchiveManifest {
        let catalog = Catalog(db: db)
        let versions: [ModelVersion]
        if reference.selector == .standard {
            versions = try catalog.versions(of: reference.name).filter { !$0.kept.isEmpty }
        } else {
            versions = [try catalog.version(try catalog.version(reference))]
        }
        let only = try reference.variant.map { _ in try catalog.variant(reference).variant.id }
        let listed = try versions.map { version in
            ArchiveManifest.Version(
                number: version.number, lineage: version.lineage,
                parentDigests: try version.lineage.parent.map { try catalog.digests(of: $0) } ?? [], made: version.made,
                variants: version.kept.filter { only == nil || $0.id == only }.map {
                    ArchiveManifest.Variant(
                        name: $0.name, format: $0.format, entry: $0.entry, made: $0.made, files: $0.files)
                })
        }
        guard !listed.isEmpty, listed.allSatisfy({ !$0.variants.isEmpty }) else {
            throw RegistryError(.notFound, "\(reference): all of its variants were removed")
        }
        let targets = try AliasTarget.fetchAll(db, model: try catalog.modelID(reference.name))
        let aliases = targets.filter { target in
            target.alias != RegistryName.previous
                && listed.contains { version in
                    version.number == target.version && version.variants.contains { $0.name == target.variant }
                }
        }
        return ArchiveManifest(
            model: reference.name, versions: listed,
            aliases: aliases.map { .init(alias: $0.alias, version: $0.version, variant: $0.variant) })
    }
}

extension Catalog {
    /// What the variants of a version are made of, those that were removed among them.
    fileprivate func digests(of version: ModelReference) throws -> Set<BlobHash> {
        Set(try variants(of: try self.version(version).id).map { FilePath.digest($0.files) })
    }
}
