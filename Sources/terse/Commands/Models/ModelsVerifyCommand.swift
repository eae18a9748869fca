import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models verify`.
struct ModelsVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read and hash every file that a variant needs, and check every record.",
        discussion: """
            The exit code is 0 when everything is whole; else each problem is a line on standard error.

            Example:
              terse models verify
            """)

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print what was found as JSON.")
    var json = false

    func run() throws {
        let registry = try registry.open()
        let result = try ProgressBar.during("verifying", unit: .bytes, leavesLine: false) { report in
            try registry.verify { report(Int($0), Int($1)) }
        }
        if json {
            let value: JSONValue = [
                "sound": .bool(result.isSound), "models": JSONValue(result.models),
                "versions": JSONValue(result.versions),
                "variants": JSONValue(result.variants), "moves": JSONValue(result.moves),
                "files": JSONValue(result.files),
                "bytes": .integer(result.byteCount), "garbage_files": JSONValue(result.garbageFiles),
                "problems": .array(result.problems.map { .string($0) }),
            ]
            try StandardOutput.writeLine(value.serialized())
        } else {
            for problem in result.problems { StandardError.writeLine(problem.printable) }
            try StandardOutput.writeLine(
                "\(result.isSound ? "sound" : "damaged"): \(result.models) models, \(result.versions) versions, "
                    + "\(result.variants) variants, \(result.moves) moves of aliases, \(result.files) files of "
                    + "\(Quantity.bytes(Int(result.byteCount)))")
        }
        guard result.isSound else {
            throw CommandError("\(registry.home.path): \(result.problems.count) problems")
        }
    }
}
