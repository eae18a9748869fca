import Foundation
import Logging
import TerseJSON

/// Writes log entries on standard error, a JSON object a line: time, level, logger, message and what goes with it.
public struct JSONLog: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata: Logger.Metadata = [:]
    private let label: String

    public init(label: String) { self.label = label }

    /// What goes with every entry of the logger, by name.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line; keys of the logger give way to those of the entry.
    public func log(event: LogEvent) {
        var object: JSONObject = [
            "time": .string(Date().formatted(Self.time)), "level": .string(event.level.rawValue),
            "logger": .string(label), "message": .string(event.message.description),
        ]
        let details = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in details.sorted(by: { $0.key < $1.key }) {
            object[key] = .string(value.description)
        }
        let line = Array((JSONValue.object(object).serialized() + "\n").utf8)
        // One call writes the line whole; what cannot be written is nobody's business.
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static let time = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
