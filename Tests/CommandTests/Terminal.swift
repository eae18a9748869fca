import Foundation
import Synchronization

/// A program with a pseudo-terminal as its controlling terminal, by way of script(1): keys typed here raise its signals.
final class Terminal: Sendable {
    private let process: Process
    private let keys = Pipe()
    private let screen = Mutex<Data>(Data())

    init(running program: String, _ arguments: [String]) throws {
        // The shell must not stay between the two: some would die of a Ctrl-C that the program survives.
        let words = ["exec"] + ([program] + arguments).map { "'\($0)'" }
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/script")
        process.environment = Program.merged(["SHELL": "/bin/sh"])
        process.arguments = ["--quiet", "--return", "--flush", "--command", words.joined(separator: " "), "/dev/null"]
        let display = Pipe()
        process.standardInput = keys
        process.standardOutput = display
        process.standardError = display
        try process.run()
        Thread.detachNewThread { [self] in
            while true {
                let data = display.fileHandleForReading.availableData
                guard !data.isEmpty else { return }
                screen.withLock { $0 += data }
            }
        }
    }

    /// All that was shown so far.
    var shown: String { screen.withLock { String(decoding: $0, as: UTF8.self) } }

    func type(_ text: String) { try? keys.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Waits until `text` was shown `count` times. False when that takes too long.
    func wait(for text: String, count: Int = 1) -> Bool {
        let deadline = ContinuousClock.now + .seconds(Program.timeoutSeconds)
        while shown.components(separatedBy: text).count - 1 < count {
            if ContinuousClock.now > deadline { return false }
            usleep(5000)
        }
        return true
    }

    /// Waits for the end. The exit code, or 128 and the signal.
    func status() -> Int32 { Program.wait(for: process) }
}
