import ArgumentParser
import Foundation

/// `--home`: the one directory that holds the program's state.
struct HomeOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the program keeps its files (default: $TERSE_HOME, else ~/.terse).", valueName: "DIR"))
    var home: String?

    /// The directory, from the flag, the environment or the default, in this order.
    var directory: URL {
        home.map { URL(filePath: $0, directoryHint: .isDirectory) } ?? Self.standardDirectory
    }

    /// The directory, from the environment or the default.
    static var standardDirectory: URL {
        if let home = ProcessInfo.processInfo.environment["TERSE_HOME"], !home.isEmpty {
            return URL(filePath: home, directoryHint: .isDirectory)
        }
        return FileManager.default.homeDirectoryForCurrentUser.appending(path: ".terse", directoryHint: .isDirectory)
    }
}
