import ArgumentParser
import TerseJSON
import TerseRegistry

/// `terse models live`.
struct ModelsLiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Show what an alias of each model, or of one, pointed to at a time.",
        discussion: """
            TIME is 2026-11-24T14:05:00+01:00, or less of it: without a zone it is local, without seconds the end of the minute is
            meant, without hours the end of the day.

            Examples:
              terse models live
              terse models live stories --at "$(date -d 'last Tuesday 14:05' +%FT%T%z)"
            """)

    @Argument(help: "The model (default: all of them).")
    var name: String?

    @Option(
        help: ArgumentHelp("When (default: now).", valueName: "TIME"), transform: PointInTime.init(argument:))
    var at: PointInTime?

    @Option(help: ArgumentHelp("The alias.", valueName: "ALIAS"))
    var alias = RegistryName.production

    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print an array with the move that brought each there.")
    var json = false

    func run() throws {
        let moves = try registry.open().live(at: at?.date, alias: alias, model: name)
        guard !json else {
            return try StandardOutput.writeLine(JSONValue.array(moves.map(\.json)).serialized())
        }
        guard !moves.isEmpty else {
            return StandardError.writeLine(
                "\(alias) \(at == nil ? "points to nothing now" : "pointed to nothing then")")
        }
        try StandardOutput.write(moves.text)
    }
}
