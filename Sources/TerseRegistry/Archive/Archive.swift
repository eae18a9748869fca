/// An archive that was read to its end: its manifest, and its files, staged, each with the hash that it should have.
struct Archive {
    let manifest: ArchiveManifest
    private let blobs: [BlobHash: Staging.Blob]

    /// - Parameter space: bytes that the disk has room for.
    init(
        at path: String, into staging: Staging, space: Int64, progress: (Int64, Int64) -> Bool
    ) throws(RegistryError) {
        var reader = TarReader(try ArchiveInput(path: path))
        manifest = try Self.manifest(&reader)
        let total = manifest.blobs.reduce(Int64(0)) { $0.addingClamped($1.byteCount) }
        guard total <= space else {
            throw RegistryError(.noSpace, "\(path): its files take \(total) bytes, but \(space) are free")
        }
        var expected = [String: (hash: BlobHash, byteCount: Int64)](
            uniqueKeysWithValues: manifest.blobs.map { (ArchiveManifest.entryName(of: $0.hash), $0) })
        var blobs: [BlobHash: Staging.Blob] = [:]
        var done: Int64 = 0
        while let header = try reader.next() {
            let place = "\(path), \(header.name.prefix(120).debugDescription)"
            guard let wanted = expected.removeValue(forKey: header.name) else {
                throw RegistryError(.invalid, "\(place): an entry that the manifest does not list, or lists once")
            }
            guard header.byteCount == wanted.byteCount else {
                throw RegistryError(
                    .invalid, "\(place): the manifest says \(wanted.byteCount) bytes, the entry has \(header.byteCount)"
                )
            }
            let file = try staging.newFile()
            try reader.take { bytes throws(RegistryError) in
                try file.write(bytes)
                guard progress(done + file.byteCount, total) else {
                    throw RegistryError(.cancelled, "\(path): stopped")
                }
            }
            let found = try file.finish()
            guard found == wanted.hash else {
                throw RegistryError(.corrupt, "\(place): expected SHA-256 \(wanted.hash), found \(found)")
            }
            blobs[found] = Staging.Blob(staging: staging, path: file.path, hash: found, byteCount: file.byteCount)
            done += file.byteCount
        }
        if let missing = expected.keys.min() {
            throw RegistryError(
                .invalid, "\(path): \(expected.count) files that the manifest lists are missing, \(missing) among them")
        }
        self.blobs = blobs
    }

    private static func manifest(_ reader: inout TarReader) throws(RegistryError) -> ArchiveManifest {
        let path = reader.input.path
        guard let header = try reader.next(), header.name == ArchiveManifest.entryName else {
            throw RegistryError(.invalid, "\(path): expected \(ArchiveManifest.entryName) as the first entry")
        }
        guard header.byteCount <= RegistryLimits.manifestBytesMax else {
            throw RegistryError(
                .limitExceeded,
                "\(path), \(header.name): \(header.byteCount) bytes, the limit is "
                    + "\(RegistryLimits.manifestBytesMax)")
        }
        var bytes: [UInt8] = []
        try reader.take { piece throws(RegistryError) in bytes.append(contentsOf: piece) }
        return try ArchiveManifest(bytes, path)
    }

    func draft(_ variant: ArchiveManifest.Variant) throws(RegistryError) -> VariantDraft {
        var files: [VariantDraft.File] = []
        for file in variant.files {
            guard let blob = blobs[file.hash] else {
                throw RegistryError(.invalid, "\(variant.name): the file \(file.hash) is missing")
            }
            files.append(VariantDraft.File(path: file.path, blob: blob))
        }
        return VariantDraft(name: variant.name, format: variant.format, entry: variant.entry, files: files)
    }
}
