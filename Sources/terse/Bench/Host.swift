import Foundation
import TerseTensor

/// The machine and this process, for reports.
enum Host {
    /// What the processor calls itself: `AMD EPYC 7763 64-Core Processor`.
    static var processorName: String {
        let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) }
        let line = text?.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { String($0).trimmingSpaces } ?? "unknown processor"
    }

    /// Memory of this process that is resident, its share of mapped files included.
    static var residentBytes: Int {
        let text = FileManager.default.contents(atPath: "/proc/self/statm").map { String(decoding: $0, as: UTF8.self) }
        let fields = text?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }
}
