import Foundation
import TestSupport
import Testing

@testable import TerseTensor

@Suite struct MemoryBudgetTests {
    @Test func theMachineIsAsked() { #expect(MemoryBudget.bytes > 1 << 20) }

    /// The least of the group's limits and those above it, in either version.
    @Test(arguments: [
        ("0::/a/b", "sys/fs/cgroup/a/memory.max", "sys/fs/cgroup/a/b/memory.max"),
        ("0::/a/b", "sys/fs/cgroup/a/b/memory.max", "sys/fs/cgroup/a/memory.max"),
        (
            "5:memory:/a/b", "sys/fs/cgroup/memory/a/memory.limit_in_bytes",
            "sys/fs/cgroup/memory/memory.limit_in_bytes"
        ),
        ("0::/", "sys/fs/cgroup/memory.max", "sys/fs/cgroup/elsewhere"),
    ]) func groupsLimitMemory(line: String, file: String, larger: String) throws {
        let folder = try TemporaryFolder()
        for path in ["proc/self/cgroup", file, larger] {
            try FileManager.default.createDirectory(
                at: URL(filePath: folder.path(path)).deletingLastPathComponent(), withIntermediateDirectories: true)
        }
        try folder.write("7:cpu:/a\n\(line)\n".utf8, "proc/self/cgroup")
        try folder.write("123456\n".utf8, file)
        try folder.write("123457\n".utf8, larger)
        #expect(MemoryBudget.bytes(root: folder.path(".")) == 123_456)
    }
}
