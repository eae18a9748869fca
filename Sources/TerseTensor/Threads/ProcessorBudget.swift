import Foundation

/// How much of the machine this process may use: physical cores within its affinity, and its cgroup's processor limit.
public struct ProcessorBudget: Sendable, Equatable {
    /// Logical processors that the process may run on.
    public var logicalProcessors: Int
    /// Physical cores among them.
    public var physicalCores: Int
    /// The tightest cgroup limit, in processors (1.5: one and a half), or nil when there is none.
    public var cgroupLimit: Double?

    /// The number of compute threads that fits: one per physical core, rounded down to the cgroup limit, since going
    /// over it stops every thread for the rest of the scheduling period.
    public var threads: Int {
        guard let cgroupLimit else { return max(physicalCores, 1) }
        return max(min(physicalCores, Int(min(cgroupLimit, 1e6))), 1)
    }

    /// The budget of this process, read anew.
    public static var current: ProcessorBudget { ProcessorBudget(root: "") }

    /// Reads `/proc` and `/sys` below `root`.
    init(root: String) {
        let allowed = Self.allowedProcessors(root: root)
        logicalProcessors = allowed.count
        physicalCores = Set(allowed.map { Self.core(of: $0, root: root) }).count
        cgroupLimit = Self.cgroupLimit(root: root)
    }

    /// Processors in the scheduler's affinity mask (`Cpus_allowed_list`), which may name some that are offline; of these none.
    ///
    /// - Parameter root: what stands before `/proc` and `/sys`.
    public static func allowedProcessors(root: String = "") -> Set<Int> {
        let label = "Cpus_allowed_list:"
        let online = KernelFile.list(root + "/sys/devices/system/cpu/online")
        for line in KernelFile.text(root + "/proc/self/status").split(separator: "\n") where line.hasPrefix(label) {
            let text = line.dropFirst(label.count).trimmingCharacters(in: .whitespaces)
            guard let list = ProcessorList(text) else { continue }
            let running = Set(list.numbers).intersection(online)
            return running.isEmpty ? Set(list.numbers) : running
        }
        return Set(0..<max(ProcessInfo.processInfo.activeProcessorCount, 1))
    }

    /// The lowest number of those that share a processor's core.
    ///
    /// - Parameter root: what stands before `/sys`.
    public static func core(of processor: Int, root: String) -> Int {
        let folder = root + "/sys/devices/system/cpu/cpu\(processor)/topology/"
        for name in ["core_cpus_list", "thread_siblings_list"] {
            if let least = KernelFile.list(folder + name).first { return least }
        }
        return processor
    }

    /// The least quota of the process's group and the groups above it, version 2 (`cpu.max`) or 1 (`cpu.cfs_quota_us`).
    private static func cgroupLimit(root: String) -> Double? {
        var least: Double?
        for (folder, version) in ControlGroup.folders(of: "cpu", root: root) {
            switch version {
            case .one:
                merge(
                    KernelFile.text(folder + "/cpu.cfs_quota_us")[...],
                    KernelFile.text(folder + "/cpu.cfs_period_us")[...], into: &least)
            case .two:
                let values = KernelFile.text(folder + "/cpu.max").split(whereSeparator: \.isWhitespace)
                merge(values.first, values.dropFirst().first, into: &least)
            }
        }
        return least
    }

    private static func merge(_ quota: Substring?, _ period: Substring?, into least: inout Double?) {
        guard let quota, let period,
            let quotaMicroseconds = Double(quota), let periodMicroseconds = Double(period),
            quotaMicroseconds > 0, periodMicroseconds > 0
        else { return }
        least = min(least ?? .infinity, quotaMicroseconds / periodMicroseconds)
    }
}
