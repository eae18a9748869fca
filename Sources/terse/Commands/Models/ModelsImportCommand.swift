import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models import`.
struct ModelsImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Register what an archive of `terse models export` holds.",
        discussion: """
            Every size and hash is checked before anything is registered. Versions keep their numbers; what is here already stays
            as it is. - is standard input.

            Examples:
              terse models import stories.tar
              terse models import stories.tar --name stories-of-others --aliases
            """)

    @Argument(help: "The archive.")
    var archive: String

    @Option(help: ArgumentHelp("Another name for the model.", valueName: "NAME"))
    var name: String?

    @Flag(help: "Point aliases to what the archive says, too.")
    var aliases = false

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print what was registered as JSON.")
    var json = false

    func run() throws {
        let registry = try registry.open()
        let path = archive == "-" ? "/dev/stdin" : archive
        let report = try ProgressBar.during("importing", unit: .bytes, leavesLine: false) { progress in
            try registry.importArchive(at: path, as: name, movesAliases: aliases, by: author.attribution) {
                progress(Int($0), Int($1))
            }
        }
        for notice in report.notices { StandardError.writeLine("note: \(notice.printable)") }
        guard json else {
            return StandardError.writeLine(
                "\(report.model): \(report.versions.count) versions and \(report.variants) variants are new, "
                    + "\(report.known) variants were here")
        }
        let value: JSONValue = [
            "model": .string(report.model), "versions": .array(report.versions.map { JSONValue($0) }),
            "variants": JSONValue(report.variants), "known": JSONValue(report.known),
            "aliases": .array(report.aliases.map { .string($0) }),
            "notices": .array(report.notices.map { .string($0) }),
        ]
        try StandardOutput.writeLine(value.serialized())
    }
}
