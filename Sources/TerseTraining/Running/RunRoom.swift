import Foundation

/// What a run will take of the disk and of the memory, looked at before hours are spent on it.
struct RunRoom {
    /// The largest file of a run is a checkpoint; there is one more than are kept while a new one is written.
    var checkpointBytes: Int
    var checkpointsKept: Int
    /// Of the checkpoints that are there already.
    var heldBytes: Int
    /// Of the model that is written at the end.
    var modelBytes: Int
    var memoryBytes: Int

    /// Left free for the log, the report, and others.
    private static let spareBytes = 64 << 20

    /// Bytes of the disk that the run will yet need.
    var diskBytes: Int {
        let (all, overflow) = checkpointBytes.multipliedReportingOverflow(by: checkpointsKept + 1)
        guard !overflow else { return .max }
        return max(0, all - heldBytes) + modelBytes + Self.spareBytes
    }

    /// - Parameters:
    ///   - folder: the run's, for the message.
    ///   - free: bytes of its file system; nil: unknown.
    ///   - memory: bytes that the process may use; nil: unknown.
    /// - Throws: `TrainingError` (`system`) naming what is needed and what is there.
    func check(_ folder: String, free: Int?, memory: Int?) throws(TrainingError) {
        if let free, diskBytes > free {
            throw TrainingError(
                .system,
                "\(folder): the run needs \(diskBytes) bytes of disk (\(checkpointsKept + 1) checkpoints of "
                    + "\(checkpointBytes) among them), \(free) are free; make room or lower upkeep.checkpoints_kept")
        }
        if let memory, memoryBytes > memory {
            throw TrainingError(
                .system,
                "\(memoryBytes) bytes of memory are needed, the machine has \(memory); lower training.windows_at_once "
                    + "or set training.recompute_activations")
        }
    }

    /// Free bytes of the file system that holds a folder.
    static func freeBytes(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: bytes)
    }

    /// The machine's memory, or less where the process's group is limited (cgroup version 2).
    static var memoryLimitBytes: Int {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8),
            let own = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })?.dropFirst("0::".count)
        else { return physical }
        var path = "/sys/fs/cgroup" + own
        var least = physical
        while path.hasPrefix("/sys/fs/cgroup") {
            if let text = try? String(contentsOfFile: path + "/memory.max", encoding: .utf8),
                let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                least = min(least, limit)
            }
            guard let slash = path.lastIndex(of: "/") else { break }
            path = String(path[..<slash])
        }
        return least
    }
}
