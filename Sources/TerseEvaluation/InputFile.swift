import Foundation

/// A file that is to be read.
enum InputFile {
    /// Refuses what cannot be read, in the system's words, which Foundation's errors leave out.
    /// - Throws: `EvaluationError` (`system`) naming the file.
    static func check(_ path: String) throws(EvaluationError) {
        var status = stat()
        guard access(path, R_OK) == 0, stat(path, &status) == 0 else {
            throw EvaluationError(.system, "\(path): cannot read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw EvaluationError(.system, "\(path): cannot read: it is a folder")
        }
    }
}
