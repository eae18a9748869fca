import ArgumentParser
import TerseJSON
import TerseProfiling
import TerseRegistry

/// `terse models profiles`.
struct ModelsProfilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles",
        abstract: "List what was measured of a model's variants, the oldest first.",
        discussion: """
            A line for each profile, figures at the smallest batch, ~ before estimates; of NAME:VERSION/VARIANT all figures.
            `terse profile` measures.

            Examples:
              terse models profiles novels
              terse models profiles novels:2/tq2_0
              terse models profiles novels --this-host --json
            """)

    @Argument(help: "NAME for all variants of the model, or one variant as NAME:VERSION/VARIANT or NAME@ALIAS.")
    var reference: ModelReference

    @Flag(help: "Only those of hosts like this one.")
    var thisHost = false

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with an object for each profile.")
    var json = false

    func run() throws {
        let registry = try registry.open()
        let isModel = reference.selector == .standard
        var profiles = try isModel ? registry.profiles(ofModel: reference.name) : registry.profiles(of: reference)
        if thisHost {
            let kind = HostDescription.current.kind
            profiles = profiles.filter { $0.profile.host == kind }
        }
        if json { return try StandardOutput.writeLine(JSONValue.array(profiles.map(\.json)).serialized()) }
        guard !profiles.isEmpty else {
            return StandardError.writeLine("nothing was measured of \(reference); `terse profile` measures it")
        }
        try StandardOutput.write(isModel ? profiles.text : profiles.map(\.text).joined(separator: "\n"))
    }
}
