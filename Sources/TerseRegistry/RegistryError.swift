import Foundation
import GRDB

/// What went wrong in the registry: the message names the model, file or row, and both sides of a mismatch.
public struct RegistryError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A name, reference, file or archive breaks the rules.
        case invalid
        /// No model, version, variant or alias has this name.
        case notFound
        /// What was asked for contradicts what is registered.
        case conflict
        /// Stored bytes or records are not what they were: damage, or somebody else's hand.
        case corrupt
        /// The file is no registry, or one of a newer program.
        case foreign
        /// Larger than a named limit of this program.
        case limitExceeded
        /// Another process holds what is needed, and kept doing so.
        case busy
        /// The disk is full.
        case noSpace
        /// The operating system or the database refused.
        case system
        /// The caller asked to stop.
        case cancelled
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension RegistryError {
    /// What the system call that just failed says.
    static func ofSystem(_ what: String, _ path: String, _ code: Int32 = errno) -> RegistryError {
        let isFull = code == ENOSPC || code == EDQUOT || code == EFBIG
        return RegistryError(isFull ? .noSpace : .system, "\(path): \(what): \(String(cString: strerror(code)))")
    }

    /// What the database says of a statement that failed; nothing of it was done.
    static func ofDatabase(_ error: any Error, _ path: String) -> RegistryError {
        if let known = error as? RegistryError { return known }
        guard let error = error as? DatabaseError else { return RegistryError(.system, "\(path): \(error)") }
        let message = error.message ?? "unknown"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return RegistryError(.busy, "\(path): another process kept it locked; try again")
        case .SQLITE_FULL: return RegistryError(.noSpace, "\(path): the disk is full; nothing was changed")
        case .SQLITE_NOTADB:
            return RegistryError(.foreign, "\(path): expected a registry, found a file that is no SQLite database")
        case .SQLITE_CORRUPT: return RegistryError(.corrupt, "\(path): the database is damaged: \(message)")
        case .SQLITE_CONSTRAINT: return RegistryError(.conflict, "\(path): refused: \(message)")
        case .SQLITE_IOERR where isOfWriting(error.extendedResultCode):
            return RegistryError(.noSpace, "\(path): cannot write, the disk may be full; nothing was changed")
        default: return RegistryError(.system, "\(path): \(message) (SQLite code \(error.extendedResultCode.rawValue))")
        }
    }

    /// SQLite has a code of its own for a full disk only where it sees that from the system's answer.
    private static func isOfWriting(_ code: ResultCode) -> Bool {
        [.SQLITE_IOERR_WRITE, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_TRUNCATE, .SQLITE_IOERR_FSYNC].contains(code)
    }
}
