import Foundation

/// Standard output, written at once: whoever reads a pipe sees each piece as it comes.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// - Throws: `BrokenPipe` when the reader has gone; `CommandError` when the write fails otherwise (a full disk).
    static func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// The same, with a newline after it.
    static func writeLine(_ text: String) throws { try write(text + "\n") }

    private static func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = Foundation.write(STDOUT_FILENO, rest.baseAddress, rest.count)
            if written < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                    poll(&descriptor, 1, -1)
                    continue
                case EPIPE: throw BrokenPipe()
                default: throw CommandError("standard output: cannot write: \(String(cString: strerror(errno)))")
                }
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }
}

/// The reader of standard output has gone (`terse … | head`): no failure worth a word.
struct BrokenPipe: Error {}
