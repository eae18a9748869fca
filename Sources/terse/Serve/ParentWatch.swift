import Foundation

/// Ends the process, as SIGTERM does, when whoever started it has gone: its end of standard input is closed then.
enum ParentWatch {
    /// Ctrl-C on a terminal reaches the whole group of processes; the parent decides what it means.
    static func start() {
        signal(SIGINT, SIG_IGN)
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            kill(getpid(), SIGTERM)
        }
        thread.name = "terse-parent"
        thread.start()
    }
}
