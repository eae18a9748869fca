import Foundation
import GRDB

extension Registry {
    /// The right to open a variant's files again and again: while anybody has it, the variant is not removed.
    ///
    /// - Parameter reference: a version and a variant of it, which no alias can move away from.
    /// - Throws: `RegistryError`: `notFound`, also when it was removed; `busy`.
    public func hold(_ reference: ModelReference) throws(RegistryError) -> Lease {
        let id = try read { try Catalog(db: $0).variant(reference).variant.id }
        let lock = try FileLock.acquire(holdPath(of: id), .shared)
        // Somebody may have been removing it just then.
        _ = try read { try Catalog(db: $0).variant(reference) }
        return Lease(lock)
    }

    /// The right to remove a variant: until it is given back, nobody begins to hold it.
    /// - Returns: nil while somebody does.
    func claim(_ variant: Int64) throws(RegistryError) -> Lease? {
        guard let lock = try FileLock.tryAcquire(holdPath(of: variant)) else { return nil }
        return Lease(lock)
    }

    private func holdPath(of variant: Int64) throws(RegistryError) -> String {
        let folder = home.appending(path: "leases/variants").path
        try FileTree.makeFolder(folder)
        return "\(folder)/\(variant).lock"
    }
}
