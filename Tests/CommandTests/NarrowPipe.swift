import Foundation
import Testing

/// A pipe with room for a few bytes: a program that writes more stops there until somebody reads, so that a test can act
/// while the program is certainly in the middle of its work.
struct NarrowPipe {
    private let pipe = Pipe()
    /// Bytes that stand in the pipe from the start.
    private let filling: Int

    private static let setPipeSize: CInt = 1031  // F_SETPIPE_SZ, which Foundation does not show.

    /// - Parameter room: bytes that can be written before a writer has to wait. The kernel writes short pieces whole or
    ///   not at all, so the first piece must fit.
    init(room: Int) throws {
        let capacity = Int(fcntl(pipe.fileHandleForWriting.fileDescriptor, Self.setPipeSize, 4096))
        try #require(capacity >= 4096 && room < capacity)
        filling = capacity - room
        try pipe.fileHandleForWriting.write(contentsOf: Data(repeating: 0, count: filling))
    }

    /// Gives the process the end for writing. Call before it runs.
    func connect(_ assign: (Pipe) -> Void) { assign(pipe) }

    /// Waits until the process has written something, or has ended.
    func waitUntilWritten(by process: Process) throws {
        var waiting: CInt = 0
        repeat {
            try #require(ioctl(pipe.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &waiting) == 0)
            usleep(1000)
        } while Int(waiting) == filling && process.isRunning
    }

    /// What the process wrote, up to the end.
    func readToEnd() throws -> String {
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        return String(decoding: data.dropFirst(filling), as: UTF8.self)
    }
}
