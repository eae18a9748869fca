import Foundation

/// A command of this program in a process of its own, whose memory and whose end are its own.
enum ChildCommand {
    /// How often it is asked whether the user wants an end.
    private static let pollSeconds = 0.1

    /// Runs it; what it reports shows on standard error, what it prints does not.
    /// - Throws: `Interruption` when a signal came meanwhile, which the child was given too; `CommandError` when it failed, which
    ///   it has said itself.
    static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        do { try process.run() } catch {
            throw CommandError("terse \(arguments.first ?? ""): cannot be started: \(error.localizedDescription)")
        }
        var isTold = false
        while process.isRunning {
            Thread.sleep(forTimeInterval: pollSeconds)
            guard Interrupts.requested, !isTold else { continue }
            // Ctrl-C came to both, SIGTERM to this process alone.
            process.terminate()
            isTold = true
        }
        process.waitUntilExit()
        try Interrupts.check()
        guard process.terminationStatus == 0 else {
            throw CommandError("terse \(arguments.joined(separator: " ").printable) failed")
        }
    }
}
