import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a question that long work asks between its steps, so that it can stop cleanly.
///
/// The first signal only marks the request. A second one before `clear()` ends the process at once, for work that
/// does not ask.
enum Interrupts {
    /// The signal that came and was not served yet; 0: none.
    private static let pending = Atomic<Int32>(0)
    private static let isFatal = Atomic<Bool>(false)
    private static let wakeUp = WakeUpPipe()

    /// Takes over both signals. Call once, before any thread is started.
    static func install() {
        // Initialised here, so that the handler never is the first to touch them.
        _ = (requested, isFatal.load(ordering: .relaxed), wakeUp.readEnd)
        var action = sigaction()
        #if canImport(Musl)
            action.__sa_handler.sa_handler = { Interrupts.handle($0) }
        #else
            action.__sigaction_handler.sa_handler = { Interrupts.handle($0) }
        #endif
        sigemptyset(&action.sa_mask)
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
        // Who started the program may have blocked them, and a process inherits that.
        var both = sigset_t()
        sigemptyset(&both)
        sigaddset(&both, SIGINT)
        sigaddset(&both, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &both, nil)
    }

    /// From now on the first signal ends the process at once: for work that leaves nothing behind and does not ask.
    static func endAtOnce() {
        isFatal.store(true, ordering: .sequentiallyConsistent)
        // In this order on both sides, so that a signal that comes meanwhile is not missed by both.
        let signal = pending.load(ordering: .sequentiallyConsistent)
        if signal != 0 { _exit(128 + signal) }
    }

    /// Whether a signal came since the last `clear()`.
    static var requested: Bool { pending.load(ordering: .relaxed) != 0 }

    /// Whether the process as a whole should end (SIGTERM), where Ctrl-C may mean only what it is doing.
    static var endsProcess: Bool { pending.load(ordering: .relaxed) == SIGTERM }

    /// The exit code of a command that was interrupted, as shells report it.
    static var exitCode: Int32 { 128 + pending.load(ordering: .relaxed) }

    /// Becomes readable when a signal comes, for `poll` beside other descriptors.
    static var readableWhenRequested: Int32 { wakeUp.readEnd }

    /// Forgets a request that has been served.
    static func clear() {
        pending.store(0, ordering: .relaxed)
        wakeUp.drain()
    }

    /// - Throws: `Interruption` when a signal came.
    static func check() throws {
        if requested { throw Interruption() }
    }

    /// Runs in the signal handler: only async-signal-safe calls.
    private static func handle(_ signal: Int32) {
        let saved = errno
        let isFirst = pending.exchange(signal, ordering: .sequentiallyConsistent) == 0
        if !isFirst || isFatal.load(ordering: .sequentiallyConsistent) { _exit(128 + signal) }
        wakeUp.signal()
        errno = saved
    }
}

/// Work stopped because the user asked.
struct Interruption: Error, CustomStringConvertible {
    var description: String { "interrupted" }
}

/// A pipe that a signal handler writes a byte to.
private struct WakeUpPipe {
    let readEnd: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func signal() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    func drain() {
        var byte: UInt8 = 0
        while read(readEnd, &byte, 1) > 0 {}
    }
}
