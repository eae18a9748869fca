import TerseProfiling

extension Topology {
    /// `4 cores, 8 processors, 2 memories, 2 last caches, 2 isolated, 4 slower ones`, what there is of it.
    var text: String {
        func groups(_ path: KeyPath<Processor, Int>) -> Int { Set(processors.map { $0[keyPath: path] }).count }
        let counts = [
            (coreCount, "cores", true), (processors.count, "processors", true), (groups(\.node), "memories", false),
            (groups(\.cache), "last caches", false), (processors.count(where: \.isIsolated), "isolated", false),
            (processors.count { $0.speed < Topology.fastSpeedMin }, "slower ones", false),
        ]
        return counts.filter { $0.2 || $0.0 > (["isolated", "slower ones"].contains($0.1) ? 0 : 1) }
            .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}
