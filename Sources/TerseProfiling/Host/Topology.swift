import TerseJSON
import TerseTensor

/// How the processors in reach of this process lie together: which share a core, a cache, a memory, which are isolated, and
/// which are slower than others.
public struct Topology: Sendable, Equatable {
    /// A logical processor. Groups are told by the lowest number of a processor in them.
    public struct Processor: Sendable, Equatable {
        public let number: Int
        /// Of those that share its core.
        public let core: Int
        /// Of those that share its last cache.
        public let cache: Int
        /// The NUMA node.
        public let node: Int
        /// Whether the system schedules nothing on it unless it is told to.
        public let isIsolated: Bool
        /// Speed beside the fastest, from 0 to 1, as far as the system tells.
        public let speed: Double
    }

    /// In ascending order of their numbers.
    public let processors: [Processor]

    /// Processors that are at least so fast count as fast ones: some of one kind may be faster by a few percent.
    public static let fastSpeedMin = 0.8
    /// Processors that are looked at; a machine with more is described by the first ones.
    public static let processorsMax = 4096

    /// This host, as far as this process may use it.
    public static var current: Topology { Topology(root: "") }

    init(processors: [Processor]) { self.processors = processors }

    /// Reads `/proc` and `/sys` below `root`; what is missing or damaged there counts as not being so.
    init(root: String) {
        let numbers = ProcessorBudget.allowedProcessors(root: root).sorted().prefix(Self.processorsMax)
        let isolated = ThreadPlacement.isolatedProcessors(root: root)
        let nodes = Self.nodes(root: root)
        let speeds = Self.speeds(numbers, root: root)
        let fastest = speeds.values.max() ?? 1
        processors = numbers.map { number in
            let folder = "\(root)/sys/devices/system/cpu/cpu\(number)"
            return Processor(
                number: number, core: ProcessorBudget.core(of: number, root: root),
                cache: Self.lastCache(of: number, folder), node: nodes[number] ?? 0,
                isIsolated: isolated.contains(number), speed: (speeds[number] ?? fastest) / fastest)
        }
    }

    /// Cores among them.
    public var coreCount: Int { Set(processors.map(\.core)).count }

    /// Of each core one processor, those of faster cores first.
    public func cores(of processors: [Processor]) -> [Processor] {
        var seen: Set<Int> = []
        return processors.filter { seen.insert($0.core).inserted }.sorted {
            ($1.speed, $0.number) < ($0.speed, $1.number)
        }
    }

    /// Always spelled alike.
    public var json: JSONValue {
        .array(
            processors.map { processor in
                [
                    "processor": JSONValue(processor.number), "core": JSONValue(processor.core),
                    "cache": JSONValue(processor.cache), "node": JSONValue(processor.node),
                    "isolated": .bool(processor.isIsolated), "speed": .number((processor.speed * 100).rounded() / 100),
                ]
            })
    }
}

extension Topology {
    /// The cache of the highest level that says who shares it.
    private static func lastCache(of processor: Int, _ folder: String) -> Int {
        var last = (level: 0, least: processor)
        for index in 0..<HostDescription.cachesMax {
            let cache = "\(folder)/cache/index\(index)"
            guard let level = Int(KernelFile.text("\(cache)/level")), level > last.level,
                let least = KernelFile.list("\(cache)/shared_cpu_list").first
            else { continue }
            last = (level, least)
        }
        return last.least
    }

    /// The node of each processor that is in one.
    private static func nodes(root: String) -> [Int: Int] {
        let folder = "\(root)/sys/devices/system/node"
        var nodes: [Int: Int] = [:]
        for node in KernelFile.list("\(folder)/online").prefix(processorsMax) {
            for processor in KernelFile.list("\(folder)/node\(node)/cpulist") { nodes[processor] = node }
        }
        return nodes
    }

    /// In whatever unit the system has: relative capacity (Arm), else highest frequency. Intel's efficient cores are told by
    /// the kind of their performance counters, since their frequencies say little.
    private static func speeds(_ numbers: some Sequence<Int>, root: String) -> [Int: Double] {
        var speeds: [Int: Double] = [:]
        let efficient = Set(KernelFile.list("\(root)/sys/devices/cpu_atom/cpus"))
        let hasFast = !KernelFile.list("\(root)/sys/devices/cpu_core/cpus").isEmpty
        for number in numbers {
            let folder = "\(root)/sys/devices/system/cpu/cpu\(number)"
            let values = ["cpu_capacity", "cpufreq/cpuinfo_max_freq"].compactMap {
                Double(KernelFile.text("\(folder)/\($0)"))
            }
            guard !hasFast else {
                speeds[number] = efficient.contains(number) ? 0.5 : 1
                continue
            }
            if let value = values.first, value.isFinite, value > 0 { speeds[number] = value }
        }
        return speeds
    }
}
