import Foundation

/// What a run will take of the disk and of the memory, looked at before hours are spent on it.
struct RunRequirements {
    var checkpointBytes: Int
    var checkpointsKept: Int
    /// Of the checkpoints that are there already, oldest first.
    var heldBytes: [Int] = []
    var stepsLeft: Int
    /// Of the model that is written at the end.
    var modelBytes: Int
    var memoryBytes: Int

    /// Left free for the log, the report, and others; less for small runs.
    private static let spareBytesMax = 64 << 20

    /// Bytes of the disk that the run will yet need. A checkpoint is written before an older one is removed.
    var diskBytes: Int {
        let spare = modelBytes + min(checkpointBytes, Self.spareBytesMax)
        guard stepsLeft > 0 else { return spare }
        let (all, overflow) = checkpointBytes.multipliedReportingOverflow(by: min(checkpointsKept, stepsLeft - 1) + 1)
        guard !overflow else { return .max }
        let held = heldBytes.suffix(checkpointsKept).reduce(0) { $0 + min($1, checkpointBytes) }
        return max(all - held, checkpointBytes) + spare
    }

    /// - Parameters:
    ///   - folder: the run's, for the message.
    ///   - free: bytes of its file system; nil: unknown.
    ///   - memory: bytes that the process may use.
    /// - Throws: `TrainingError` (`system`) naming what is needed and what is there.
    func check(_ folder: String, free: Int?, memory: Int) throws(TrainingError) {
        if let free, diskBytes > free {
            throw TrainingError(
                .system,
                "\(folder): the run needs \(diskBytes) bytes of disk, \(free) are free: a checkpoint has "
                    + "\(checkpointBytes), and one more than upkeep.checkpoints_kept \(checkpointsKept) is there at times"
            )
        }
        guard memoryBytes <= memory else {
            throw TrainingError(
                .system,
                "\(memoryBytes) bytes of memory are needed, the machine has \(memory); lower training.windows_at_once "
                    + "or set training.recompute_activations")
        }
    }

    /// Free bytes of the file system that holds a folder; nil where it does not tell.
    static func freeBytes(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0, status.f_blocks > 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: bytes)
    }
}
