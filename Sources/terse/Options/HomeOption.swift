import ArgumentParser
import Foundation

/// `--home`: the one directory that holds the program's state.
struct HomeOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the program keeps its files (default: $TERSE_HOME, else ~/.terse).", valueName: "DIR"))
    var home: String?

    /// The directory, from the flag, the environment or the default, in this order.
    var directory: URL { Self.folder(named: home) ?? Self.standardDirectory }

    /// The directory, from the environment or the default.
    static var standardDirectory: URL {
        let environment = ProcessInfo.processInfo.environment
        if let folder = folder(named: environment["TERSE_HOME"]) { return folder }
        // As shells read `~`; Foundation asks the accounts alone.
        let home = folder(named: environment["HOME"]) ?? FileManager.default.homeDirectoryForCurrentUser
        return home.appending(path: ".terse", directoryHint: .isDirectory)
    }

    /// Nil for none, and for an empty name, which shells make of a variable that is not set.
    private static func folder(named path: String?) -> URL? {
        path.flatMap { $0.isEmpty ? nil : URL(filePath: $0, directoryHint: .isDirectory) }
    }
}
