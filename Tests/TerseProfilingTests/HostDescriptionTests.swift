import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseProfiling

@Suite struct HostDescriptionTests {
    let root: TemporaryFolder

    init() throws { root = try TemporaryFolder() }

    private func write(_ text: String, _ path: String) throws {
        let url = root.url.appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func describe(_ set: String = "avx2") -> HostDescription {
        HostDescription(root: root.url.path, budget: ProcessorBudget.current, instructionSet: set)
    }

    @Test func aHostIsReadFromTheSystem() throws {
        let processor = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Xeon: fast\n"
        try write(processor + "\n" + processor.replacing("fast", with: "slow"), "proc/cpuinfo")
        try write("MemTotal:       24684096 kB\nMemFree: 1 kB\n", "proc/meminfo")
        let caches = [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Unified", "2048K")]
        for (index, parts) in caches.enumerated() {
            let folder = "sys/devices/system/cpu/cpu0/cache/index\(index)"
            try write(parts.0 + "\n", "\(folder)/level")
            try write(parts.1 + "\n", "\(folder)/type")
            try write(parts.2 + "\n", "\(folder)/size")
        }
        let host = describe()
        #expect(host.processor == "Xeon: fast" && host.memoryGiB == 24)
        #expect(host.identity == ["vendor_id GenuineIntel", "cpu family 6", "model 143"])
        #expect(host.caches == ["L1 48K", "L2 2048K"])
        #expect(host.kind == describe().kind && host.kind.count == 64)
        #expect(host.kind != describe("avx512").kind)
    }

    /// A system that says nothing, or nonsense, is still described.
    @Test func whatIsMissingOrDamagedIsLeftOut() throws {
        #expect(describe().processor == "unknown processor" && describe().memoryGiB == 0)
        try write("\u{0}::::\nmodel name\n:\n", "proc/cpuinfo")
        try write("MemTotal: 99999999999999999999999 kB\n", "proc/meminfo")
        #expect(describe().processor == "unknown processor" && describe().memoryGiB == 0)
    }

    @Test func thisHostIsKnown() {
        let host = HostDescription.current
        #expect(host.memoryGiB > 0 && host == .current && host.kind == HostDescription.current.kind)
        #expect(host.json["logical_processors"]?.intValue == host.budget.logicalProcessors)
        #expect(HostDescription.loadAverage != nil && ProcessMemory.residentBytes > 1 << 20)
    }
}
