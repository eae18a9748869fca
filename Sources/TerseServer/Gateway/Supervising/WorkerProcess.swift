import Foundation
import Synchronization

/// A running process of a worker. It ends when its standard input is closed, be it that the gateway is no more, and does
/// not heed the signals that a terminal or a service manager sends to the whole group.
final class WorkerProcess: Sendable {
    enum Event: Sendable, Equatable {
        /// It accepts connections; with what stands for its weights, and for its tokens.
        case ready(version: String, vocabulary: String)
        /// It has ended; negative: by that signal. With what it said of why it cannot serve.
        case exited(Int32, reason: String?)
    }

    /// `ready`, and `exited` last.
    let events: AsyncStream<Event>
    let processID: Int32
    private let process: Process
    /// Its standard input: the worker ends when this is closed.
    private let input: Pipe

    static let readyWord = "ready "
    static let failedWord = "failed "
    /// Of what it says.
    private static let saidBytesMax = 1 << 12
    /// Workers are this program.
    static let executable = URL(fileURLWithPath: "/proc/self/exe")

    /// - Throws: when the program cannot be started.
    init(arguments: [String]) throws {
        let (events, tell) = AsyncStream<Event>.makeStream()
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = Self.executable
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        let reason = Mutex<String?>(nil)
        let end = ChildEnd { status in
            tell.yield(.exited(status, reason: reason.withLock { $0 }))
            tell.finish()
        }
        end.watch(process)
        try process.run()
        end.read(output, name: "terse-worker") { data in
            let line = String(decoding: data.prefix(Self.saidBytesMax), as: UTF8.self).prefix { !$0.isNewline }
            if line.hasPrefix(Self.failedWord) {
                reason.withLock { $0 = String(line.dropFirst(Self.failedWord.count)) }
            } else if line.hasPrefix(Self.readyWord) {
                let words = line.dropFirst(Self.readyWord.count).split(separator: " ").map(String.init) + ["", ""]
                tell.yield(.ready(version: words[0], vocabulary: words[1]))
            }
        }
        self.process = process
        self.input = input
        self.events = events
        processID = process.processIdentifier
    }

    /// Asks it to end when its requests are done, and kills it if it does not within `timeout`.
    func end(within timeout: Duration) {
        try? input.fileHandleForWriting.close()
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout / .seconds(1)) { self.kill() }
    }

    /// Ends it at once, whatever it does.
    func kill() {
        if process.isRunning { Foundation.kill(processID, SIGKILL) }
    }
}
