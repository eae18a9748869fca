import ArgumentParser
import TerseServer

/// `NAME=MODEL,MODEL…`: a name whose requests are given to one of several served models.
struct NamedRoute {
    let name: String
    let models: [String]

    /// - Throws: `ValidationError` saying what is expected and what was found.
    init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        let names = (parts.last ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let counts = RouteOptions.variantsMin...RouteOptions.variantsMax
        guard parts.count == 2, counts.contains(names.count), !names.contains(""), Set(names).count == names.count
        else {
            throw ValidationError(
                "expected NAME=MODEL,MODEL with \(counts.lowerBound) to \(counts.upperBound) models, none "
                    + "twice, found \(argument.printable)")
        }
        guard parts[0].utf8.count <= RouteOptions.nameBytesMax else {
            throw ValidationError(
                "expected a name of at most \(RouteOptions.nameBytesMax) bytes, found \(parts[0].utf8.count)")
        }
        (name, models) = (parts[0], names)
    }
}
