import ArgumentParser
import Foundation
import TerseRegistry

/// `NAME=PATH`; or a file, which is called by its name without the extension, a directory, or a registered model
/// (`NAME@production`), by its name.
struct NamedModel: ExpressibleByArgument {
    let name: String
    let path: String

    /// Whether a registered model is meant as production has it.
    var followsProduction: Bool {
        guard let reference = try? ModelReference(path), reference.variant == nil else { return false }
        return [.standard, .alias(RegistryName.production)].contains(reference.selector)
    }

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        if FileManager.default.fileExists(atPath: argument) {
            let file = URL(fileURLWithPath: argument)
            name = (file.hasDirectoryPath ? file : file.deletingPathExtension()).lastPathComponent
            path = argument
            // Else it could be no part of an option or a route.
            guard (try? RegistryName.check(name, argument)) != nil else { return nil }
        } else if parts.count == 2 {
            (name, path) = (String(parts[0]), String(parts[1]))
        } else {
            guard let reference = try? ModelReference(argument) else { return nil }
            (name, path) = (reference.name, argument)
        }
    }
}
