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
    /// signal is not pending any more and each thread sleeps again. Which thread takes a signal, and when that thread gets a
    /// processor, is the kernel's affair; the pipe must stay full until then.
    static func interrupt(_ process: Process) {
        kill(process.processIdentifier, SIGINT)
        while process.isRunning, !isQuiet(process.processIdentifier) { usleep(1000) }
    }

    /// Whether no signal is pending and every thread sleeps. A thread that ended meanwhile makes it false.
    private static func isQuiet(_ process: Int32) -> Bool {
        let folder = URL(filePath: "/proc/\(process)/task")
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return threads.allSatisfy { thread in
            let path = folder.appending(path: "\(thread)/status")
            guard let status = try? String(contentsOf: path, encoding: .utf8) else { return false }
            let pending = status.matches(of: #/(?:SigPnd|ShdPnd):\s+([0-9a-f]+)/#).map { UInt64($0.1, radix: 16) }
            return pending == [0, 0] && status.contains(#/State:\s+S/#)
        }
    }

    /// This process's environment without settings that would change what is tested.
    static func merged(_ more: [String: String]) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        for name in ["TERSE_HOME", "HF_TOKEN", "HF_ENDPOINT", "SSL_CERT_FILE"] { environment[name] = nil }
        return environment.merging(more) { $1 }
    }
}
