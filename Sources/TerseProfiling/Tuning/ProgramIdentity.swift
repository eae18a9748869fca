import Foundation
import TerseJSON

/// Which build of the program this is: its version, and the size and time of change of its file. Hashing the file itself would
/// take longer than many a model takes to be ready.
public struct ProgramIdentity: Sendable, Equatable {
    public let version: String
    public let byteCount: Int
    /// Nanoseconds since 1970.
    public let changed: Int

    /// The running program.
    /// - Parameter path: its file.
    public init(version: String, path: String = "/proc/self/exe") {
        var status = stat()
        let isThere = stat(path, &status) == 0
        self.version = version
        byteCount = isThere ? Int(status.st_size) : 0
        changed = isThere ? status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec : 0
    }

    init(version: String, byteCount: Int, changed: Int) {
        (self.version, self.byteCount, self.changed) = (version, byteCount, changed)
    }

    var json: JSONValue {
        ["version": .string(version), "bytes": JSONValue(byteCount), "changed_nanoseconds": JSONValue(changed)]
    }

    /// - Throws: `ProfilingError` (`badTuning`).
    init(_ json: JSONValue?) throws(ProfilingError) {
        guard let version = json?["version"]?.stringValue, let bytes = json?["bytes"]?.intValue,
            let changed = json?["changed_nanoseconds"]?.intValue
        else { throw .badMember("program", "version, bytes and changed_nanoseconds", json) }
        self.init(version: version, byteCount: bytes, changed: changed)
    }
}
