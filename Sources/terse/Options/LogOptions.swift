import ArgumentParser
import Logging
import TerseServer

/// What is logged, on standard error.
struct LogOptions: ParsableArguments {
    @Option(name: .customLong("log"), help: "What is logged: trace, debug, info, notice, warning, error or critical.")
    var level = Logger.Level.info

    /// A logger that writes a JSON object a line.
    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { JSONLog(label: $0) }
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
