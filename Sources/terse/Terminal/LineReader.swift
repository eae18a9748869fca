import Foundation

/// Lines from standard input, with Ctrl-C seen while waiting. The terminal itself does the editing.
struct LineReader {
    enum Event: Equatable {
        case line(String)
        /// Ctrl-C came before the line was finished.
        case interrupted
        /// Ctrl-D, or the end of a file.
        case end
    }

    /// A longer line is cut.
    static let lineBytesMax = 1 << 20

    private var buffer: [UInt8] = []
    private var hasEnded = false

    /// Waits for a line, an interrupt or the end.
    mutating func next() -> Event {
        while true {
            if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...newline) }
                return .line(String(decoding: buffer[..<newline], as: UTF8.self))
            }
            if buffer.count >= Self.lineBytesMax || (hasEnded && !buffer.isEmpty) {
                defer { buffer.removeAll() }
                return .line(String(decoding: buffer, as: UTF8.self))
            }
            if hasEnded { return .end }
            if let event = fill() { return event }
        }
    }

    /// Reads what there is, waiting for the first byte. Nil when the buffer grew or the input ended.
    private mutating func fill() -> Event? {
        var descriptors = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: Interrupts.readableWhenRequested, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&descriptors, 2, -1)
        if Interrupts.endsProcess { return .end }
        if Interrupts.requested {
            Interrupts.clear()
            buffer.removeAll()
            return .interrupted
        }
        guard descriptors[0].revents != 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count > 0 { buffer += bytes[..<count] }
        if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { hasEnded = true }
        return nil
    }
}
