import Foundation
import Synchronization

/// Finds out when a child process has ended and all that it said was read, whichever comes last.
final class ChildEnd: Sendable {
    private struct State: Sendable {
        /// Negative: by that signal.
        var status: Int32?
        var isRead = false
    }

    private let state = Mutex(State())
    private let tell: @Sendable (Int32) -> Void

    /// - Parameter tell: is called once with the status, from a thread of its own; negative: by that signal.
    init(tell: @escaping @Sendable (Int32) -> Void) { self.tell = tell }

    /// Before the process is started.
    func watch(_ process: Process) {
        process.terminationHandler = { [self] process in
            // It has ended, so this returns at once; without it Foundation keeps every process and its pipes for ever.
            process.waitUntilExit()
            let status = process.terminationStatus
            change { $0.status = process.terminationReason == .uncaughtSignal ? -status : status }
        }
    }

    /// Once it was started. On a thread and not by `readabilityHandler`, whose source of events may outlive the pipe that
    /// is closed behind it.
    func read(_ output: Pipe, name: String, take: @escaping @Sendable (Data) -> Void) {
        let thread = Thread { [self] in
            let handle = output.fileHandleForReading
            while case let data = handle.availableData, !data.isEmpty { take(data) }
            change { $0.isRead = true }
        }
        thread.name = name
        thread.start()
    }

    private func change(_ body: (inout State) -> Void) {
        let status = state.withLock { state in
            body(&state)
            return state.isRead ? state.status : nil
        }
        if let status { tell(status) }
    }
}
