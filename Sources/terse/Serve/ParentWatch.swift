import Foundation

/// Notices when whoever started the process wants its end, or is gone: standard input is closed then.
enum ParentWatch {
    /// For a worker. Signals that reach the whole group of processes, from a terminal or a service manager, are for the parent
    /// to understand.
    /// - Parameter timeout: after this the process ends, whatever it is still doing.
    /// - Returns: a stream that ends when the process is to end.
    static func start(timeout: Duration) -> AsyncStream<Never> {
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
        let (wanted, tell) = AsyncStream<Never>.makeStream()
        whenInputEnds {
            tell.finish()
            Thread.sleep(forTimeInterval: timeout / .seconds(1))
            _exit(EXIT_FAILURE)
        }
        return wanted
    }

    /// Calls on a thread of its own.
    static func whenInputEnds(_ action: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            action()
        }
        thread.name = "terse-parent"
        thread.start()
    }
}
