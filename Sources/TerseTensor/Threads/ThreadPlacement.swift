import CTerseKernels

/// The processors that a team's threads run on.
public struct ThreadPlacement: Sendable, Hashable {
    public let processors: ProcessorList
    /// Whether each thread has a processor of its own: necessary where the system takes processors out of its scheduling
    /// (`isolcpus`), since it would leave all threads on the first of them.
    public let isPinned: Bool

    /// - Parameter root: what stands before `/sys`, where it says which processors are isolated.
    public init(_ processors: ProcessorList, root: String = "") {
        let isolated = Self.isolatedProcessors(root: root)
        self.init(processors, isPinned: processors.numbers.allSatisfy(isolated.contains))
    }

    init(_ processors: ProcessorList, isPinned: Bool) {
        self.processors = processors
        self.isPinned = isPinned
    }

    /// Processors that the system schedules nothing on unless it is told to.
    public static func isolatedProcessors(root: String = "") -> Set<Int> {
        Set(KernelFile.list(root + "/sys/devices/system/cpu/isolated"))
    }

    /// Moves the calling thread to where a thread of the team belongs.
    /// - Parameter thread: 0 for the one that calls `ThreadTeam.run`.
    /// - Returns: false where the system refuses; then the thread runs where it did.
    @discardableResult
    public func apply(thread: Int) -> Bool {
        let numbers = processors.numbers
        return Self.set(isPinned ? [numbers[thread % numbers.count]] : numbers)
    }

    /// Whether the system lets threads of this process run there.
    public var isPossible: Bool {
        let before = Self.current()
        defer { if let before { _ = Self.set(before) } }
        return processors.numbers.allSatisfy { Self.set([$0]) }
    }

    /// Runs `body` with the calling thread at its place in the team, and afterwards where it was.
    public func during<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = Self.current()
        apply(thread: 0)
        defer { if let before { _ = Self.set(before) } }
        return try body()
    }

    /// The processors that the calling thread may run on; nil where the system does not say.
    static func current() -> [Int]? {
        var words = [UInt64](repeating: 0, count: ProcessorList.numberMax / 64)
        guard terse_affinity_get(&words, words.count) else { return nil }
        return (0..<ProcessorList.numberMax).filter { words[$0 / 64] >> ($0 % 64) & 1 == 1 }
    }

    private static func set(_ processors: [Int]) -> Bool {
        var words = [UInt64](repeating: 0, count: (processors.max() ?? 0) / 64 + 1)
        for processor in processors { words[processor / 64] |= 1 << (processor % 64) }
        return terse_affinity_set(words, words.count)
    }
}
