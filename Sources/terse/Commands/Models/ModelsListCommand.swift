import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models list`.
struct ModelsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the registered models.",
        discussion: """
            Example:
              terse models list --json
            """)

    @Flag(help: "Also those of which everything was removed.")
    var all = false

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each model.")
    var json = false

    func run() throws {
        let models = try registry.open().models(removedToo: all)
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(models.map(\.json)).serialized())
        }
        guard !models.isEmpty else {
            return StandardError.writeLine("no models are registered; `terse models add NAME FILE` adds one")
        }
        var table = Table([
            ("model", .left), ("versions", .right), ("newest", .right), ("variants", .right), ("size", .right),
            ("aliases", .left),
        ])
        for model in models {
            table.add([
                model.name, "\(model.versionCount)", model.newestVersion.map(String.init) ?? "–",
                "\(model.variantCount)",
                Quantity.bytes(Int(model.byteCount)),
                model.aliases.map { "\($0.alias) \($0.version)/\($0.variant)" }.joined(separator: ", "),
            ])
        }
        try StandardOutput.write(table.text)
    }
}
