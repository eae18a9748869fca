import Foundation
import TerseFormats
import TerseRegistry

/// MODEL as a path: what was typed where a file or folder has that name, else where the registry has what it names.
enum ModelPath {
    /// - Throws: `RegistryError`, `Interruption`, or `CommandError` when there is neither.
    static func resolve(_ argument: String, home: URL = HomeOption.standardDirectory) throws -> String {
        try located(argument, home: home)?.path ?? argument
    }

    /// What a process opens again and again.
    struct Pinned {
        /// Of files that stay the same wherever aliases move to meanwhile.
        let path: String
        /// Where the registry has what was typed.
        let variant: ModelReference?
    }

    /// For a process that opens it again and again.
    /// - Throws: as `resolve`, and when there is nothing.
    static func pin(_ argument: String) throws -> Pinned {
        guard let located = try located(argument, home: HomeOption.standardDirectory) else {
            guard FileManager.default.fileExists(atPath: argument) else { throw absent(argument) }
            return Pinned(path: argument, variant: nil)
        }
        return Pinned(path: located.lastingPath, variant: located.reference)
    }

    /// Keeps what was pinned from being removed.
    /// - Returns: nil for what is not the registry's.
    /// - Throws: `RegistryError` (`notFound` when it was removed meanwhile).
    static func hold(_ pinned: Pinned) throws -> Lease? {
        try pinned.variant.map { try Registry(home: HomeOption.standardDirectory).hold($0) }
    }

    private static func located(_ argument: String, home: URL) throws -> LocatedVariant? {
        guard !FileManager.default.fileExists(atPath: argument), let reference = try? ModelReference(argument),
            Registry.exists(in: home)
        else { return nil }
        do {
            return try locate(reference, in: try Registry(home: home))
        } catch let error as RegistryError where error.code == .notFound {
            throw absent(argument, "; in the registry, \(error.message)")
        }
    }

    private static func absent(_ argument: String, _ more: String = "") -> CommandError {
        CommandError("\(argument.printable): no such file or directory\(more)")
    }

    /// With a progress bar where files must be read to make sure of them.
    static func locate(_ reference: ModelReference, in registry: Registry) throws -> LocatedVariant {
        try ProgressBar.during("verifying", unit: .bytes, leavesLine: false) { report in
            try registry.locate(reference) { report(Int($0), nil) }
        }
    }

    /// The files of a registered variant, having made sure that they are what was registered.
    static func open(_ reference: ModelReference, in registry: Registry) throws -> ModelFile {
        try ModelFile.open(locate(reference, in: registry).lastingPath)
    }
}
