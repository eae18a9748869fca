import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models gc`.
struct ModelsCollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Delete the files of removed variants, and what died processes left.",
        discussion: """
            Others may go on working meanwhile. Only files that no variant needs are deleted; --outlived first removes the variants
            that an alias pointed to once and that no rollback within the model's depth would bring back.

            Examples:
              terse models gc --dry-run
              terse models gc --outlived
            """)

    @Flag(help: "Remove variants that were live and are too old to be rolled back to, first.")
    var outlived = false

    @Flag(help: "Only say how much would be deleted.")
    var dryRun = false

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print what was deleted as JSON.")
    var json = false

    func validate() throws {
        if outlived && dryRun { throw ValidationError("--outlived removes variants, --dry-run changes nothing") }
    }

    func run() throws {
        let registry = try registry.open()
        let removed = outlived ? try registry.removeOutlived(by: author.attribution) : []
        let garbage = try registry.collect(isDryRun: dryRun)
        guard !json else {
            let value: JSONValue = [
                "removed": .array(removed.map { .string($0.description) }), "files": JSONValue(garbage.files),
                "bytes": .integer(garbage.byteCount), "leftovers": JSONValue(garbage.leftovers),
            ]
            return try StandardOutput.writeLine(value.serialized())
        }
        for reference in removed { StandardError.writeLine("removed \(reference)") }
        StandardError.writeLine(
            "\(garbage.files) files of \(Quantity.bytes(Int(garbage.byteCount))) \(dryRun ? "would be" : "were") deleted"
        )
    }
}
