import ArgumentParser
import TerseRegistry

/// `NAME=PATH`, or a registered model under its own name: `NAME@production`.
struct NamedModel: ExpressibleByArgument {
    let name: String
    let path: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        if parts.count == 2 {
            (name, path) = (String(parts[0]), String(parts[1]))
        } else {
            guard let reference = try? ModelReference(argument) else { return nil }
            (name, path) = (reference.name, argument)
        }
    }
}
