import Foundation
import GRDB

/// Leases: locks of the system by which processes know of each other.
extension Registry {
    /// The right to open a variant's files again and again: while anybody has it, the variant is not removed.
    ///
    /// - Parameter reference: a version and a variant of it, which no alias can move away from.
    /// - Throws: `RegistryError`: `notFound`, also when it was removed; `busy`.
    public func hold(_ reference: ModelReference) throws(RegistryError) -> Lease {
        let id = try read { try Catalog(db: $0).variant(reference).variant.id }
        let door = try removalLock(.shared)
        let lock = try FileLock.acquire(leasePath("variants", "\(id)"), .shared)
        // Somebody may have removed it just then.
        _ = try read { try Catalog(db: $0).variant(reference) }
        door.release()
        return Lease(lock)
    }

    /// What those who remove variants have alone, until it is recorded, and those who begin to hold one together.
    func removalLock(_ kind: FileLock.Kind) throws(RegistryError) -> FileLock {
        try FileTree.makeFolder(home.appending(path: "leases").path)
        return try FileLock.acquire(home.appending(path: "leases/removal.lock").path, kind)
    }

    /// Whether anybody holds a variant; with `removalLock` it stays so that nobody does.
    func isHeld(_ variant: Int64) throws(RegistryError) -> Bool {
        let path = try leasePath("variants", "\(variant)")
        guard FileManager.default.fileExists(atPath: path) else { return false }
        guard let lock = try FileLock.tryAcquire(path) else { return true }
        lock.release()
        return false
    }

    /// - Returns: nil while another has it.
    func lease(_ kind: String, of model: String) throws(RegistryError) -> Lease? {
        try RegistryName.check(model, "name of a model")
        return try lease(kind, model)
    }

    private func lease(_ kind: String, _ name: String) throws(RegistryError) -> Lease? {
        guard let lock = try FileLock.tryAcquire(leasePath(kind, name)) else { return nil }
        return Lease(lock)
    }

    private func leasePath(_ kind: String, _ name: String) throws(RegistryError) -> String {
        let folder = home.appending(path: "leases/\(kind)").path
        try FileTree.makeFolder(folder)
        return "\(folder)/\(name).lock"
    }
}
