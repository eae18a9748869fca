import Foundation
import TerseRegistry

/// MODEL as a path: what was typed where a file or folder has that name, else where the registry has what it names.
enum ModelPath {
    /// - Throws: `RegistryError`, `Interruption`, or `CommandError` when there is neither.
    static func resolve(_ argument: String) throws -> String {
        let home = HomeOption.standardDirectory
        guard !FileManager.default.fileExists(atPath: argument), let reference = try? ModelReference(argument),
            Registry.exists(in: home)
        else { return argument }
        do {
            return try locate(reference, in: try Registry(home: home)).path
        } catch let error as RegistryError where error.code == .notFound {
            throw CommandError("\(argument.printable): no such file or directory; in the registry, \(error.message)")
        }
    }

    /// With a progress bar where files must be read to make sure of them.
    static func locate(_ reference: ModelReference, in registry: Registry) throws -> LocatedVariant {
        try ProgressBar.during("verifying", unit: .bytes, leavesLine: false) { report in
            try registry.locate(reference) { report(Int($0), nil) }
        }
    }
}
