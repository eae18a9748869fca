import Foundation
import TerseJSON
import TerseRegistry
import TerseTensor

/// What of a host decides how fast it is, and nothing that tells two alike apart: no names, addresses or uptimes.
public struct HostDescription: Sendable, Equatable {
    /// What the processor calls itself: `AMD EPYC 7763 64-Core Processor`.
    public let processor: String
    /// Family, model and stepping, or implementer and part, as Linux has them: virtual machines hide names.
    public let identity: [String]
    public let architecture: String
    /// The kernels that run, `TERSE_ISA` heeded.
    public let instructionSet: String
    public let budget: ProcessorBudget
    /// Sizes of the first processor's caches, as `L2 1024K`.
    public let caches: [String]
    /// Rounded up to whole GiB, since kernels reserve a little.
    public let memoryGiB: Int

    /// This host.
    public static var current: HostDescription {
        HostDescription(root: "", budget: .current, instructionSet: InstructionSet.standard.name)
    }

    /// Reads `/proc` and `/sys` below `root`.
    init(root: String, budget: ProcessorBudget, instructionSet: String) {
        let processors = Self.fields(of: "\(root)/proc/cpuinfo")
        processor = processors["model name"] ?? processors["Hardware"] ?? "unknown processor"
        let labels = ["vendor_id", "cpu family", "model", "stepping", "CPU implementer", "CPU part", "CPU variant"]
        identity = labels.compactMap { label in processors[label].map { "\(label) \($0)" } }
        #if arch(x86_64)
            architecture = "x86_64"
        #elseif arch(arm64)
            architecture = "arm64"
        #else
            architecture = "other"
        #endif
        self.instructionSet = instructionSet
        self.budget = budget
        caches = Self.caches(root: root)
        let kilobytes = Self.fields(of: "\(root)/proc/meminfo")["MemTotal"].flatMap { Int($0.prefix { $0.isNumber }) }
        memoryGiB = (kilobytes ?? 0) >> 20 + ((kilobytes ?? 0) & ((1 << 20) - 1) > 0 ? 1 : 0)
    }

    /// The same in bytes.
    public var memoryBytes: Double { Double(memoryGiB) * 0x1p30 }

    /// The description, always spelled alike.
    public var json: JSONValue {
        [
            "processor": .string(processor), "identity": .array(identity.map { .string($0) }),
            "architecture": .string(architecture), "instruction_set": .string(instructionSet),
            "logical_processors": JSONValue(budget.logicalProcessors),
            "physical_cores": JSONValue(budget.physicalCores),
            "processor_limit": budget.cgroupLimit.map { .number($0) } ?? .null,
            "caches": .array(caches.map { .string($0) }), "memory_gib": JSONValue(memoryGiB),
        ]
    }

    /// The kind of host: the SHA-256 of the description, equal for hosts that are alike.
    public var kind: String { BlobHash.of(json.serialized().utf8).description }

    /// Processors that were busy or waited for on average in the last minute; nil where the system does not say.
    public static var loadAverage: Double? {
        KernelFile.text("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) }
    }

    private static func caches(root: String) -> [String] {
        (0..<cachesMax).compactMap { index in
            let folder = "\(root)/sys/devices/system/cpu/cpu0/cache/index\(index)"
            let (level, kind) = (KernelFile.text("\(folder)/level"), KernelFile.text("\(folder)/type"))
            let size = KernelFile.text("\(folder)/size")
            guard !level.isEmpty, !size.isEmpty, kind != "Instruction" else { return nil }
            return "L\(level) \(size)"
        }
    }

    static let cachesMax = 16

    /// What is said first of each label: `label : value`.
    private static func fields(of path: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in KernelFile.text(path).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
        }
        return fields
    }
}
