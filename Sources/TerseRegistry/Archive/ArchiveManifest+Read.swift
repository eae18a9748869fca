import Foundation
import TerseJSON

extension ArchiveManifest {
    /// - Parameter place: the archive, for messages.
    /// - Throws: `RegistryError` naming the member, what was expected and what was found.
    init(_ bytes: [UInt8], _ place: String) throws(RegistryError) {
        let value: JSONValue
        do { value = try JSONValue.parse(bytes, limits: JSONLimits(duplicateKeys: .error)) } catch {
            throw RegistryError(.invalid, "\(place), \(Self.entryName): \(error.message)")
        }
        let members = ["format", "version", "model", "versions", "aliases"]
        let object = try ManifestObject(value, "\(place), \(Self.entryName)", members: members)
        let format = try object.string("format")
        guard format == Self.format else {
            throw object.error("format", "expected \(Self.format), found \(format.prefix(120).debugDescription)")
        }
        let number = try object.integer("version")
        guard number == Self.formatVersion else {
            throw RegistryError(
                .foreign,
                "\(place): written in version \(number) of the format, this program knows \(Self.formatVersion)")
        }
        model = try object.string("model")
        try RegistryName.check(model, "\(place), name of the model")
        versions = try object.list("versions", max: RegistryLimits.archiveVersionsMax) {
            value, path throws(RegistryError) in try Version(value, path)
        }
        aliases = try object.list("aliases", max: RegistryLimits.aliasesMax) {
            value, path throws(RegistryError) in try Alias(value, path)
        }
        try check(object)
    }

    /// What must hold between members.
    private func check(_ object: ManifestObject) throws(RegistryError) {
        guard !versions.isEmpty, zip(versions, versions.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
            throw object.error("versions", "expected a version or more, their numbers growing")
        }
        var sizes: [BlobHash: Int64] = [:]
        for file in versions.flatMap({ $0.variants.flatMap(\.files) }) {
            let known = sizes.updateValue(file.byteCount, forKey: file.hash)
            guard known == nil || known == file.byteCount else {
                throw object.error("versions", "the file \(file.hash) has several sizes")
            }
        }
        let total = sizes.values.reduce((sum: Int64(0), overflow: false)) { result, size in
            let (sum, overflow) = result.sum.addingReportingOverflow(size)
            return (sum, result.overflow || overflow)
        }
        guard !total.overflow else { throw object.error("versions", "its files are larger than 2^63 bytes") }
        guard Set(aliases.map(\.alias)).count == aliases.count else {
            throw object.error("aliases", "an alias is there twice")
        }
        for alias in aliases {
            let version = versions.first { $0.number == alias.version }
            guard version?.variants.contains(where: { $0.name == alias.variant }) == true else {
                throw object.error(
                    "aliases", "\(alias.alias) points to \(alias.version)/\(alias.variant), which is not there")
            }
        }
    }
}

extension ArchiveManifest.Version {
    fileprivate init(_ value: JSONValue, _ path: String) throws(RegistryError) {
        let members = [
            "number", "parent", "parent_digests", "summary", "recipe", "datasets", "metrics", "made", "variants",
        ]
        let object = try ManifestObject(value, path, members: members)
        let number = try object.integer("number")
        guard (1...Int64(RegistryLimits.versionNumberMax)).contains(number) else {
            throw object.error("number", "expected 1 to \(RegistryLimits.versionNumberMax), found \(number)")
        }
        self.number = Int(number)
        var lineage = Lineage()
        lineage.parent = try Self.parent(object)
        parentDigests = Set(
            try object.list("parent_digests", max: RegistryLimits.variantsMax) { value, path throws(RegistryError) in
                try BlobHash(value.stringValue ?? value.kindName, of: path)
            })
        lineage.summary = try object.stringIfAny("summary")
        lineage.recipe = try object.stringIfAny("recipe")
        lineage.datasets = try object.list("datasets", max: RegistryLimits.lineageEntriesMax) {
            value, path throws(RegistryError) in
            let dataset = try ManifestObject(value, path, members: ["name", "sha256", "bytes"])
            return Lineage.Dataset(
                name: try dataset.string("name"), sha256: try dataset.stringIfAny("sha256"),
                byteCount: try dataset.integerIfAny("bytes"))
        }
        lineage.metrics = try object.list("metrics", max: RegistryLimits.lineageEntriesMax) {
            value, path throws(RegistryError) in
            let metric = try ManifestObject(value, path, members: ["name", "value"])
            return Lineage.Metric(name: try metric.string("name"), value: try metric.number("value"))
        }
        do { try lineage.check() } catch { throw RegistryError(error.code, "\(path): \(error.message)") }
        self.lineage = lineage.ordered
        made = try Record(object.value("made"), "\(path).made")
        variants = try object.list("variants", max: RegistryLimits.variantsMax) {
            value, path throws(RegistryError) in try ArchiveManifest.Variant(value, path)
        }
        guard !variants.isEmpty, Set(variants.map(\.name)).count == variants.count else {
            throw object.error("variants", "expected a variant or more, each with a name of its own")
        }
    }

    /// A version by its number: an alias would be another version tomorrow.
    private static func parent(_ object: ManifestObject) throws(RegistryError) -> ModelReference? {
        guard let text = try object.stringIfAny("parent") else { return nil }
        let parent: ModelReference
        do { parent = try ModelReference(text) } catch { throw object.error("parent", error.message) }
        guard case .version = parent.selector, parent.variant == nil else {
            throw object.error("parent", "expected NAME:VERSION, found \(text.debugDescription)")
        }
        return parent
    }
}

extension ArchiveManifest.Variant {
    fileprivate init(_ value: JSONValue, _ path: String) throws(RegistryError) {
        let object = try ManifestObject(value, path, members: ["name", "format", "entry", "made", "files"])
        name = try object.string("name")
        try RegistryName.check(name, "\(path).name")
        let format = try object.string("format")
        guard let known = TerseRegistry.Variant.Format(rawValue: format) else {
            let all = TerseRegistry.Variant.Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw object.error("format", "expected one of \(all), found \(format.prefix(120).debugDescription)")
        }
        self.format = known
        entry = try object.stringIfAny("entry")
        made = try Record(object.value("made"), "\(path).made")
        files = try object.list("files", max: RegistryLimits.filesMax) { value, path throws(RegistryError) in
            let file = try ManifestObject(value, path, members: ["path", "sha256", "bytes"])
            return TerseRegistry.Variant.File(
                path: try file.string("path"), hash: try BlobHash(try file.string("sha256"), of: "\(path).sha256"),
                byteCount: try file.integer("bytes"))
        }
        try FilePath.check(files.map(\.path), of: path)
        let isThere = entry == nil || files.contains { RecordText.areSame($0.path, entry) }
        guard (entry == nil) == (known == .huggingFace), isThere else {
            throw object.error(
                "entry", "expected one of the files, found \((entry ?? "null").prefix(120).debugDescription)")
        }
    }
}

extension ArchiveManifest.Alias {
    fileprivate init(_ value: JSONValue, _ path: String) throws(RegistryError) {
        let object = try ManifestObject(value, path, members: ["alias", "version", "variant"])
        alias = try object.string("alias")
        do { try AliasLedger.checkName(alias) } catch { throw RegistryError(error.code, "\(path): \(error.message)") }
        version = Int(clamping: try object.integer("version"))
        variant = try object.string("variant")
    }
}

extension Record {
    fileprivate init(_ value: JSONValue, _ path: String) throws(RegistryError) {
        let object = try ManifestObject(value, path, members: ["at", "by", "why"])
        let text = try object.string("at")
        guard let date = Timestamp.date(text) else {
            throw object.error(
                "at", "expected a time such as 2026-11-29T14:05:00.000Z, found \(text.prefix(80).debugDescription)")
        }
        self.init(date: date, author: try object.string("by"), reason: try object.stringIfAny("why"))
        let attribution = Attribution(author: author, reason: reason)
        do { try attribution.check() } catch { throw RegistryError(error.code, "\(path): \(error.message)") }
    }
}
