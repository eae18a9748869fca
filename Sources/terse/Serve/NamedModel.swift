import ArgumentParser

/// `NAME=PATH`.
struct NamedModel: ExpressibleByArgument {
    let name: String
    let path: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        (name, path) = (String(parts[0]), String(parts[1]))
    }
}
