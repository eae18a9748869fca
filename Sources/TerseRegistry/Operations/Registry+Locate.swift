import Foundation
import GRDB

extension Registry {
    /// Where a variant's files are, having made sure that they are what was registered.
    ///
    /// They lie under their own names in a folder of symbolic links, `views/DIGEST`, which is made when it is missing.
    /// - Parameter progress: is told how many bytes of files were read, where they must be; false stops.
    /// - Throws: `RegistryError`: `notFound`; `corrupt` naming the file, what was expected and what was found.
    public func locate(
        _ reference: ModelReference, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> LocatedVariant {
        let (version, variant) = try read { try Catalog(db: $0).variant(reference) }
        var done: Int64 = 0
        for file in variant.files {
            try verify(file.hash, file.byteCount) { progress(done + $0) }
            done += file.byteCount
        }
        let folder = try view(of: variant.files)
        return LocatedVariant(
            model: version.model, version: version.number, variant: variant,
            path: variant.entry.map { "\(folder)/\($0)" } ?? folder)
    }

    private func view(of files: [Variant.File]) throws(RegistryError) -> String {
        if let folder = views.existing(files, in: store) { return folder }
        // Unfinished views are garbage to a collection.
        let lock = try store.lock(.shared)
        let folder = try views.make(files, in: store)
        lock.release()
        return folder
    }

    var views: Views { Views(folder: home.appending(path: "views").path) }
}
