import Foundation
import TerseJSON

/// What an archive says of its contents, in its first entry.
struct ArchiveManifest: Equatable {
    struct Version: Equatable {
        let number: Int
        /// With its parent as the registry of its origin calls it.
        let lineage: Lineage
        /// What the parent's variants are made of, by which it is known elsewhere.
        let parentDigests: Set<BlobHash>
        let made: Record
        let variants: [Variant]
    }

    struct Variant: Equatable {
        let name: String
        let format: TerseRegistry.Variant.Format
        let entry: String?
        let made: Record
        let files: [TerseRegistry.Variant.File]
    }

    struct Alias: Equatable {
        let alias: String
        let version: Int
        let variant: String
    }

    let model: String
    /// Ordered by number.
    let versions: [Version]
    let aliases: [Alias]

    static let entryName = "manifest.json"
    static let format = "terse-model-archive"
    static let formatVersion = 2

    /// The entry with the bytes of a file.
    static func entryName(of hash: BlobHash) -> String { "blobs/sha256/\(hash)" }

    /// Every file once, in the order of the versions.
    var blobs: [(hash: BlobHash, byteCount: Int64)] {
        var known: Set<BlobHash> = []
        return versions.flatMap { $0.variants.flatMap(\.files) }.filter { known.insert($0.hash).inserted }
            .map { ($0.hash, $0.byteCount) }
    }

    /// The variants, as users type them.
    var references: [ModelReference] {
        versions.flatMap { version in
            version.variants.map {
                ModelReference(name: model, selector: .version(version.number), variant: $0.name)
            }
        }
    }

    // MARK: Writing

    var json: JSONValue {
        [
            "format": .string(Self.format),
            "version": JSONValue(Self.formatVersion),
            "model": .string(model),
            "versions": .array(versions.map(Self.json)),
            "aliases": .array(
                aliases.map {
                    ["alias": .string($0.alias), "version": JSONValue($0.version), "variant": .string($0.variant)]
                }),
        ]
    }

    private static func json(_ version: Version) -> JSONValue {
        let lineage = version.lineage
        return [
            "number": JSONValue(version.number),
            "parent": text((lineage.parent ?? lineage.parentElsewhere)?.description),
            "parent_digests": .array(version.parentDigests.map(\.description).sorted().map { .string($0) }),
            "summary": text(lineage.summary),
            "recipe": text(lineage.recipe),
            "datasets": .array(
                lineage.datasets.map {
                    [
                        "name": .string($0.name), "sha256": text($0.sha256),
                        "bytes": $0.byteCount.map { .integer($0) } ?? .null,
                    ]
                }),
            "metrics": .array(lineage.metrics.map { ["name": .string($0.name), "value": .number($0.value)] }),
            "made": json(version.made),
            "variants": .array(version.variants.map(json)),
        ]
    }

    private static func json(_ variant: Variant) -> JSONValue {
        [
            "name": .string(variant.name), "format": .string(variant.format.rawValue), "entry": text(variant.entry),
            "made": json(variant.made),
            "files": .array(
                variant.files.map {
                    ["path": .string($0.path), "sha256": .string($0.hash.description), "bytes": .integer($0.byteCount)]
                }),
        ]
    }

    private static func json(_ record: Record) -> JSONValue {
        ["at": .string(Timestamp.text(record.date)), "by": .string(record.author), "why": text(record.reason)]
    }

    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
