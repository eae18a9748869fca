import Foundation

/// A command of this program in a process of its own, whose memory and whose end are its own.
enum ChildCommand {
    /// How often it is asked whether the user wants an end.
    private static let pollSeconds = 0.1

    /// Runs it; what it reports shows on standard error.
    /// - Returns: what it printed.
    /// - Throws: `Interruption` when a signal came meanwhile, which the child was given too; `CommandError` when it failed, which
    ///   it has said itself.
    @discardableResult
    static func run(_ arguments: [String]) throws -> String {
        let (process, output) = (Process(), try ScratchFile())
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.handle
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
        return try output.text()
    }
}

/// A file without a name, which is gone with the process, and cannot fill up as a pipe can.
private struct ScratchFile {
    let handle: FileHandle

    init() throws {
        guard let file = tmpfile() else { throw CommandError("a scratch file: \(String(cString: strerror(errno)))") }
        handle = FileHandle(fileDescriptor: dup(fileno(file)), closeOnDealloc: true)
        fclose(file)
    }

    func text() throws -> String {
        try handle.seek(toOffset: 0)
        return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    }
}
