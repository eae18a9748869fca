import ArgumentParser
import TerseJSON
import TerseProfiling
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

    @Argument(help: "NAME for the model, NAME:VERSION or NAME@ALIAS for a version, with or without /VARIANT.")
    var reference: ModelReference

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print everything as JSON.")
    var json = false

    func run() throws {
        let registry = try registry.open()
        let profiles = try registry.newestProfiles(ofModel: reference.name, onHost: HostDescription.current.kind)
        // Says what there is where there is none of that name.
        if reference.variant != nil { _ = try registry.pinned(reference) }
        guard reference.selector == .standard, reference.variant == nil else {
            let version = try registry.version(reference)
            guard json else { return try StandardOutput.write(version.text + Self.text(profiles, of: [version])) }
            return try StandardOutput.writeLine(version.json(profiles).serialized())
        }
        let model = try registry.model(reference.name)
        let versions = try registry.versions(of: reference.name)
        guard json else {
            return try StandardOutput.write(model.text(versions) + Self.text(profiles, of: versions))
        }
        var object = model.json.objectValue ?? JSONObject()
        object["versions"] = .array(versions.map { $0.json(profiles) })
        try StandardOutput.writeLine(JSONValue.object(object).serialized())
    }

    /// The newest profile of each variant on hosts like this one, where there is one.
    private static func text(_ profiles: [RecordedProfile], of versions: [ModelVersion]) -> String {
        let found = profiles.filter { profile in versions.contains { $0.number == profile.version } }
        return found.isEmpty ? "" : "measured on hosts like this one\n\(found.text)"
    }
}
