import Foundation
import TestSupport
import Testing

@testable import TerseTensor

@Suite struct ProcessorBudgetTests {
    /// A made-up `/proc` and `/sys`, removed after `body`.
    private func withTree(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let scratch = try TemporaryFolder()
        let root = scratch.url.path
        for (path, text) in files {
            let file = root + path
            let folder = (file as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: false, encoding: .utf8)
        }
        try body(root)
    }

    private func topology(_ siblings: [Int: String]) -> [String: String] {
        var files: [String: String] = [:]
        for (processor, list) in siblings {
            files["/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list"] = list + "\n"
        }
        return files
    }

    @Test func countsCoresNotHardwareThreads() throws {
        var files = topology([0: "0,4", 1: "1,5", 2: "2,6", 3: "3,7", 4: "0,4", 5: "1,5", 6: "2,6", 7: "3,7"])
        files["/proc/self/status"] = "Name:\tx\nCpus_allowed_list:\t0-7\n"
        try withTree(files) { root in
            let budget = ProcessorBudget(root: root)
            #expect(budget.logicalProcessors == 8)
            #expect(budget.physicalCores == 4)
            #expect(budget.cgroupLimit == nil)
            #expect(budget.threads == 4)
        }
    }

    @Test func affinityNarrows() throws {
        var files = topology([0: "0,4", 1: "1,5", 4: "0,4", 5: "1,5"])
        files["/proc/self/status"] = "Cpus_allowed_list:\t0,4-5\n"
        try withTree(files) { root in #expect(ProcessorBudget(root: root).physicalCores == 2) }
    }

    /// A mask may name processors that are off, or never were there.
    @Test func offlineProcessorsDoNotCount() throws {
        var files = topology([0: "0", 1: "1", 2: "2"])
        files["/proc/self/status"] = "Cpus_allowed_list:\t0-127\n"
        files["/sys/devices/system/cpu/online"] = "0-2\n"
        try withTree(files) { root in #expect(ProcessorBudget(root: root).threads == 3) }
    }

    @Test func versionTwoGroupsLimit() throws {
        var files = topology([0: "0", 1: "1", 2: "2", 3: "3"])
        files["/proc/self/status"] = "Cpus_allowed_list:\t0-3\n"
        files["/proc/self/cgroup"] = "0::/a/b\n"
        files["/sys/fs/cgroup/a/cpu.max"] = "250000 100000\n"
        files["/sys/fs/cgroup/a/b/cpu.max"] = "max 100000\n"
        try withTree(files) { root in
            let budget = ProcessorBudget(root: root)
            #expect(budget.cgroupLimit == 2.5)
            #expect(budget.threads == 2)
        }
    }

    @Test func versionOneGroupsLimit() throws {
        var files = topology([0: "0", 1: "1", 2: "2", 3: "3"])
        files["/proc/self/status"] = "Cpus_allowed_list:\t0-3\n"
        files["/proc/self/cgroup"] = "4:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n"
        files["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "50000\n"  // A container sees its own group as the root.
        files["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us"] = "100000\n"
        try withTree(files) { root in
            let budget = ProcessorBudget(root: root)
            #expect(budget.cgroupLimit == 0.5)
            #expect(budget.threads == 1)
        }
    }

    @Test func thisMachineHasACore() {
        let budget = ProcessorBudget.current
        #expect(budget.physicalCores >= 1)
        #expect(budget.physicalCores <= budget.logicalProcessors)
        #expect(ThreadTeam().threadCount == budget.threads)
    }

    @Test func listsOfTheKernel() throws {
        try withTree(["/list": "0-3,8\n", "/empty": "\n", "/damaged": "3-1,x,99999999"]) { root in
            #expect(KernelFile.list(root + "/list") == [0, 1, 2, 3, 8])
            #expect(KernelFile.list(root + "/empty") == [])
            #expect(KernelFile.list(root + "/damaged") == [])
        }
    }
}
