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
        let place = ModelReference(name: version.model, selector: .version(version.number), variant: variant.name)
        var done: Int64 = 0
        for file in variant.files {
            do { try verify(file.hash, file.byteCount) { progress(done + $0) } } catch {
                throw explained(error, [place])
            }
            done += file.byteCount
        }
        let folder = try view(of: variant.files)
        let isOneFile = variant.format == .gguf && variant.files.count == 1
        return LocatedVariant(
            model: version.model, version: version.number, variant: variant,
            folder: folder,
            storedPath: isOneFile ? store.path(of: variant.files[0].hash) : nil)
    }

    /// Where one file of a variant is in the store, having made sure that it is what was registered.
    /// - Returns: nil when the variant has no file of this path.
    /// - Throws: `RegistryError`: `notFound`; `corrupt` naming the file, what was expected and what was found.
    public func locate(_ path: String, of reference: ModelReference) throws(RegistryError) -> String? {
        let (version, variant) = try read { try Catalog(db: $0).variant(reference) }
        guard let file = variant.files.first(where: { $0.path == path }) else { return nil }
        let place = ModelReference(name: version.model, selector: .version(version.number), variant: variant.name)
        do { try verify(file.hash, file.byteCount) } catch { throw explained(error, [place]) }
        return store.path(of: file.hash)
    }

    private func view(of files: [Variant.File]) throws(RegistryError) -> String {
        if let folder = views.existing(files) { return folder }
        let lock = try store.lock(.exclusive)
        let folder = try views.make(files)
        lock.release()
        return folder
    }

    var views: Views { Views(folder: home.appending(path: "views").path) }
}
