import Foundation

/// A command of this program in a process of its own, whose memory and whose end are its own.
enum ChildCommand {
    /// How often it is asked whether the user wants an end.
    private static let pollMilliseconds: Int32 = 100

    /// Tells a process that it is to end when its standard input does, since its parent is gone then.
    private static let watch = "TERSE_ENDS_WITH_INPUT"

    /// Runs it; what it reports shows on standard error.
    /// - Parameter home: of the registry and all else that is kept.
    /// - Returns: what it printed.
    /// - Throws: `Interruption` when a signal came meanwhile, which the child was given too; `CommandError` when it failed, with
    ///   what it has said last.
    @discardableResult
    static func run(_ arguments: [String], home: URL) throws -> String {
        let (process, output, input) = (Process(), try ScratchFile(), Pipe())
        var errors = ChildErrors()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "TERSE_HOME": home.path, watch: "1",
        ]) { $1 }
        process.standardInput = input
        process.standardOutput = output.handle
        process.standardError = errors.childEnd
        do { try process.run() } catch {
            throw CommandError("terse \(arguments.first ?? ""): cannot be started: \(error.localizedDescription)")
        }
        // Else the child's end would never be seen.
        try? errors.childEnd.close()
        var isTold = false
        while process.isRunning {
            errors.relay(within: pollMilliseconds)
            guard Interrupts.requested, !isTold else { continue }
            // Ctrl-C came to both, SIGTERM to this process alone.
            process.terminate()
            isTold = true
        }
        process.waitUntilExit()
        while errors.relay(within: 0) {}
        try Interrupts.check()
        guard process.terminationStatus == 0 else {
            let kind = process.terminationReason == .uncaughtSignal ? "signal" : "status"
            let cause = errors.watch.last ?? "it ended with \(kind) \(process.terminationStatus)"
            throw CommandError("terse \(arguments.joined(separator: " ").printable) failed: \(cause.printable)")
        }
        return try output.text()
    }

    /// In such a process: ends it, as a signal would, when its parent is no more, however that ended.
    static func endWithParent() {
        guard ProcessInfo.processInfo.environment[watch] != nil else { return }
        // Not for those that it starts itself.
        unsetenv(watch)
        ParentWatch.whenInputEnds { kill(getpid(), SIGTERM) }
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
