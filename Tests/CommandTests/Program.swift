import Foundation
import TestSupport

/// The built program, run as a user would: a process of its own, with real pipes, files and signals.
enum Program {
    /// `terse`, beside the running test bundle.
    static let url: URL = {
        let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appending(path: "terse")
    }()

    /// A command that hangs for as long is killed, and its status is the signal's. No outcome is decided by it: on the
    /// busiest machine a command takes a few seconds.
    static let timeoutSeconds = 240.0

    struct Result {
        /// The exit code; 128 + n when signal n ended it, as shells say it.
        let status: Int32
        let output: String
        let errors: String

        /// For the message of a failed expectation.
        var summary: String { "status \(status)\nstdout: \(output.prefix(2000))\nstderr: \(errors.suffix(2000))" }
    }

    /// Runs `terse` with these arguments to its end.
    /// - Parameter fileBlocksMax: the longest file that it may write, in blocks of 512 bytes.
    static func run(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:], in directory: URL? = nil,
        fileBlocksMax: Int? = nil
    ) throws -> Result {
        let scratch = try TemporaryFolder()
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        if let fileBlocksMax {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "ulimit -f \(fileBlocksMax); exec \"$0\" \"$@\"", url.path] + arguments
        }
        process.environment = merged(environment)
        process.currentDirectoryURL = directory
        // Files, not pipes: nobody has to empty them while the process runs.
        let outputURL = scratch.url.appending(path: "stdout"), errorsURL = scratch.url.appending(path: "stderr")
        try Data((input ?? "").utf8).write(to: scratch.url.appending(path: "stdin"))
        process.standardInput = try FileHandle(forReadingFrom: scratch.url.appending(path: "stdin"))
        for (url, assign) in [
            (outputURL, { process.standardOutput = $0 }), (errorsURL, { process.standardError = $0 }),
        ]
            as [(URL, (FileHandle) -> Void)]
        {
            try Data().write(to: url)
            assign(try FileHandle(forWritingTo: url))
        }
        try process.run()
        let status = wait(for: process)
        return Result(
            status: status, output: String(decoding: try Data(contentsOf: outputURL), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errorsURL), as: UTF8.self))
    }

    /// Waits until something is so that the program brings about, or until it has ended. It keeps the thread, as everything
    /// here does: a test that let go of it would get it back only after others, when the program has long lost patience
    /// with the test's server.
    static func wait(for process: Process, until condition: () -> Bool) {
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        while process.isRunning, !condition(), ContinuousClock.now < deadline { usleep(2000) }
    }

    /// Waits with a limit. Returns the status as a shell reports it.
    static func wait(for process: Process) -> Int32 {
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        while process.isRunning {
            if ContinuousClock.now > deadline { kill(process.processIdentifier, SIGKILL) }
            usleep(2000)
        }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Interrupts a program that is about to wait at a `NarrowPipe`, and returns when it has noticed: it is gone, or the
    /// signal is not pending any more and all threads sleep again. Which thread takes a signal, and when that thread gets a
    /// processor, is the kernel's affair; the pipe must stay full until then.
    static func interrupt(_ process: Process) {
        kill(process.processIdentifier, SIGINT)
        var last: [String]?
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        while process.isRunning, ContinuousClock.now < deadline {
            // Threads are looked at one after the other, and one may wake another that was seen asleep: only when none has
            // run between two looks were all asleep at once.
            let threads = sleepingThreads(process.processIdentifier)
            if let threads, threads == last { return }
            last = threads
            usleep(1000)
        }
    }

    /// How often each thread has run, when no signal is pending and all of them sleep. Nil otherwise.
    private static func sleepingThreads(_ process: Int32) -> [String]? {
        let folder = "/proc/\(process)/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: folder), !threads.isEmpty else {
            return nil
        }
        var runs: [String] = []
        for thread in threads.sorted() {
            guard let status = try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8) else {
                return nil
            }
            let pending = status.matches(of: #/(?:SigPnd|ShdPnd):\s+([0-9a-f]+)/#).map { UInt64($0.1, radix: 16) }
            guard pending == [0, 0], status.contains(#/State:\s+S/#) else { return nil }
            runs.append(thread + status.split(separator: "\n").filter { $0.contains("ctxt_switches") }.joined())
        }
        return runs
    }

    /// The program's own files in all tests.
    private static let home = Swift.Result { try TemporaryFolder() }

    /// This process's environment without settings that would change what is tested.
    static func merged(_ more: [String: String]) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        for name in ["HF_TOKEN", "HF_ENDPOINT", "SSL_CERT_FILE"] { environment[name] = nil }
        environment["TERSE_HOME"] = try? home.get().url.path
        return environment.merging(more) { $1 }
    }
}
