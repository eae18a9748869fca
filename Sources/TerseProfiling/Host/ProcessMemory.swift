import Foundation

/// What this process holds.
public enum ProcessMemory {
    /// Bytes that are resident, this process's share of mapped files included; 0 where the system does not tell.
    public static var residentBytes: Int {
        let text = FileManager.default.contents(atPath: "/proc/self/statm").map { String(decoding: $0, as: UTF8.self) }
        let fields = text?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }
}
