import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models show`.
struct ModelsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a model with its versions, or one version with its lineage and files.",
        discussion: """
            Examples:
              terse models show stories
              terse models show stories:3
              terse models show stories@production --json
            """)

    @Argument(help: "NAME for the model, NAME:VERSION or NAME@ALIAS for a version.")
    var reference: ModelReference

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print everything as JSON.")
    var json = false

    func run() throws {
        let registry = try registry.open()
        guard reference.selector == .standard else {
            let version = try registry.version(reference)
            return try json
                ? StandardOutput.writeLine(version.json.serialized()) : StandardOutput.write(version.text)
        }
        let model = try registry.model(reference.name)
        let versions = try registry.versions(of: reference.name)
        guard json else { return try StandardOutput.write(model.text(versions)) }
        var object = model.json.objectValue ?? JSONObject()
        object["versions"] = .array(versions.map(\.json))
        try StandardOutput.writeLine(JSONValue.object(object).serialized())
    }
}
