import Foundation
import TestSupport
import Testing

/// A running `terse serve`, if nothing else is said with the model that the repository ships, called `stories`.
final class ServerProcess {
    let port: Int
    let process = Process()
    private let folder: TemporaryFolder
    private let errorsPath: String

    /// Starts a server and waits until it is ready.
    init(
        _ arguments: [String] = [], models: [String] = ["stories=\(Stories.shipped)"],
        environment: [String: String] = [:]
    ) throws {
        folder = try TemporaryFolder()
        let output = folder.path("stdout")
        errorsPath = folder.path("stderr")
        process.executableURL = Program.url
        process.arguments = ["serve", "--port", "0"] + models.flatMap { ["--model", $0] } + arguments
        process.environment = Program.merged(environment)
        process.standardInput = FileHandle.nullDevice
        for path in [output, errorsPath] { try Data().write(to: URL(filePath: path)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: errorsPath))
        try process.run()
        var text = ""
        Program.wait(for: process) {
            text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            return text.hasSuffix("\n")
        }
        let match = try #require(
            text.firstMatch(of: #/^terse is ready at https?:\/\/127\.0\.0\.1:(\d+)\n$/#),
            "the ready line: \(text); \((try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "")")
        port = try #require(Int(match.1))
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// A script that judges servers.
    static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")
            .appending(path: name).path
    }

    /// What it has logged.
    var log: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

    /// Asks it to end, and waits.
    /// - Returns: its status.
    func end() -> Int32 {
        kill(process.processIdentifier, SIGTERM)
        return Program.wait(for: process)
    }
}
