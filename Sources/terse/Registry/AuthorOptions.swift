import ArgumentParser
import Foundation
import TerseRegistry

/// Who does something to the registry, and why: kept with the record for good.
struct AuthorOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Who does it (default: this user at this host).", valueName: "WHO"))
    var by: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Why, for the history.", valueName: "TEXT"))
    var why: String?

    var attribution: Attribution {
        let host = ProcessInfo.processInfo.hostName
        return Attribution(author: by ?? "\(NSUserName())@\(host)", reason: why)
    }
}
