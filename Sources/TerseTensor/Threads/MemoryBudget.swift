import Foundation

/// How much of the machine's memory this process may use.
public enum MemoryBudget {
    /// Bytes of the machine's memory, or less where a control group limits the process: version 2 (`memory.max`) or 1
    /// (`memory.limit_in_bytes`).
    public static var bytes: Int { bytes(root: "") }

    /// - Parameter root: what stands before `/proc` and `/sys`.
    static func bytes(root: String) -> Int {
        let limits = ControlGroup.folders(of: "memory", root: root).compactMap { folder, version in
            Int(KernelFile.text(folder + (version == .one ? "/memory.limit_in_bytes" : "/memory.max")))
        }
        return min(limits.min() ?? .max, Int(clamping: ProcessInfo.processInfo.physicalMemory))
    }
}
