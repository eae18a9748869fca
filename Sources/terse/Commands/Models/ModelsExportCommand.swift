import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models export`.
struct ModelsExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model with all its versions and variants as one archive.",
        discussion: """
            A tar archive: manifest.json with lineage, names and hashes, then each file once. - is standard output.

            Examples:
              terse models export stories stories.tar
              terse models export stories:3 - | ssh other terse models import -
            """)

    @Argument(help: "NAME for the whole model, NAME:VERSION or NAME@ALIAS for a version, also with /VARIANT.")
    var reference: ModelReference

    @Argument(help: "The archive to write.")
    var output: String

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print what was written as JSON.")
    var json = false

    func validate() throws {
        if json && output == "-" { throw ValidationError("--json and the archive cannot both go to standard output") }
    }

    func run() throws {
        let registry = try registry.open()
        let path = output == "-" ? "/dev/stdout" : output
        let report = try ProgressBar.during("exporting", unit: .bytes, leavesLine: false) { progress in
            try registry.export(reference, to: path) { progress(Int($0), Int($1)) }
        }
        guard json else {
            return StandardError.writeLine(
                "wrote \(output.printable): \(report.versions) versions, \(report.variants) variants, "
                    + "\(report.files) files of \(Quantity.bytes(Int(report.byteCount)))")
        }
        let value: JSONValue = [
            "path": .string(output), "versions": JSONValue(report.versions), "variants": JSONValue(report.variants),
            "files": JSONValue(report.files), "bytes": .integer(report.byteCount),
        ]
        try StandardOutput.writeLine(value.serialized())
    }
}
