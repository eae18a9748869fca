import Foundation
import TerseServer

/// Standard error of a child: what it writes there shows on this process's, and its last error is kept. Where this process
/// has a terminal the child is given one, too, so that it draws its progress as ever.
struct ChildErrors {
    private(set) var watch = LastError()
    /// What the child is given; to be closed here when it runs.
    let childEnd: FileHandle
    private let ownEnd: FileHandle

    private static let chunkBytes = 4096

    init() { (ownEnd, childEnd) = (StandardError.isTerminal ? Self.terminal() : nil) ?? Self.pipe() }

    /// Shows what the child has written, waiting so long for it at most.
    /// - Returns: whether there was something.
    @discardableResult
    mutating func relay(within milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: ownEnd.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, milliseconds) > 0 else { return false }
        var bytes = [UInt8](repeating: 0, count: Self.chunkBytes)
        let count = read(ownEnd.fileDescriptor, &bytes, bytes.count)
        guard count > 0 else {
            // Nobody can write there any more: the child is about to end, which takes a moment.
            Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
            return false
        }
        watch.take(bytes[..<count])
        // Failures to write there are nobody's business.
        try? FileHandle.standardError.write(contentsOf: Data(bytes[..<count]))
        return true
    }

    // MARK: The two ends, the own one first

    private static func pipe() -> (FileHandle, FileHandle) {
        let pipe = Pipe()
        return (pipe.fileHandleForReading, pipe.fileHandleForWriting)
    }

    /// As large as the terminal that there is; nil where the system has none to give.
    private static func terminal() -> (FileHandle, FileHandle)? {
        var (own, child, size) = (Int32(-1), Int32(-1), winsize())
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, openpty(&own, &child, nil, nil, &size) == 0
        else { return nil }
        return (
            FileHandle(fileDescriptor: own, closeOnDealloc: true),
            FileHandle(fileDescriptor: child, closeOnDealloc: true)
        )
    }
}
