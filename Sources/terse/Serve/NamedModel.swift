import ArgumentParser
import Foundation
import TerseRegistry

/// `NAME=PATH`, a file under its own name, or a registered model under its: `NAME@production`.
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
        if parts.count == 2 {
            (name, path) = (String(parts[0]), String(parts[1]))
        } else if FileManager.default.fileExists(atPath: argument) {
            name = URL(fileURLWithPath: argument).deletingPathExtension().lastPathComponent
            path = argument
        } else {
            guard let reference = try? ModelReference(argument) else { return nil }
            (name, path) = (reference.name, argument)
        }
    }
}
