import Foundation
import TestSupport

/// A made-up `/proc` and `/sys`.
struct MachineTree {
    private let folder: TemporaryFolder

    /// Reads what stands before `/proc` and `/sys`.
    func read<Result>(_ body: (String) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(folder) { try body(folder.url.path) }
    }

    /// - Parameter files: texts by their paths, a newline is put behind each.
    init(_ files: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        for (path, text) in files { try write(text, path) }
    }

    func write(_ text: String, _ path: String) throws {
        let url = folder.url.appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: url)
    }

    /// Files of processors that may all be used.
    /// - Parameters:
    ///   - siblings: of each processor those that share its core.
    ///   - caches: of each processor those that share its last cache; nil: all do.
    ///   - nodes: the processors of each memory.
    static func files(
        siblings: [String], caches: [String]? = nil, nodes: [String] = [], more: [String: String] = [:]
    ) -> [String: String] {
        let last = siblings.count - 1
        var files = [
            "proc/self/status": "Cpus_allowed_list:\t0-\(last)", "sys/devices/system/cpu/online": "0-\(last)",
            "sys/devices/system/cpu/isolated": "",
        ]
        for (number, list) in siblings.enumerated() {
            let folder = "sys/devices/system/cpu/cpu\(number)"
            files["\(folder)/topology/core_cpus_list"] = list
            for (level, sharing) in [("1", list), ("3", caches?[number] ?? "0-\(last)")] {
                files["\(folder)/cache/index\(level)/level"] = level
                files["\(folder)/cache/index\(level)/shared_cpu_list"] = sharing
            }
        }
        if !nodes.isEmpty { files["sys/devices/system/node/online"] = "0-\(nodes.count - 1)" }
        for (node, list) in nodes.enumerated() { files["sys/devices/system/node/node\(node)/cpulist"] = list }
        return files.merging(more) { $1 }
    }
}
