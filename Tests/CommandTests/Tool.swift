import Foundation
import TestSupport

/// A program of others that judges this one or what is shipped with it.
enum Tool {
    struct Result {
        /// The exit code; 128 + n when signal n ended it.
        let status: Int32
        /// Standard output and standard error.
        let output: String
    }

    /// Runs a program to its end.
    static func run(_ path: String, _ arguments: [String]) throws -> Result {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = TestData.repository
        process.standardInput = FileHandle.nullDevice
        let output = try folder.write([], "output")
        let handle = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        let status = Program.wait(for: process)
        return Result(status: status, output: try String(contentsOfFile: output, encoding: .utf8))
    }

    /// Where a program is: beside the Python of the tests, or in a folder of `PATH`.
    static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let beside = URL(filePath: Python.path).deletingLastPathComponent().path
        return ([beside] + folders).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
