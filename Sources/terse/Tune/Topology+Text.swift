import TerseProfiling

extension Topology {
    /// `4 cores, 8 processors, 2 memories, 2 last caches, 2 isolated, 4 slower ones`, what there is of it.
    var text: String {
        func groups(_ path: KeyPath<Processor, Int>) -> Int { Set(processors.map { $0[keyPath: path] }).count }
        let counts = [
            (coreCount, "cores", min: 0), (processors.count, "processors", min: 0),
            (groups(\.node), "memories", min: 2), (groups(\.cache), "last caches", min: 2),
            (processors.count(where: \.isIsolated), "isolated", min: 1),
            (processors.count { $0.speed < Topology.fastSpeedMin }, "slower ones", min: 1),
        ]
        return counts.filter { $0.0 >= $0.min }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}
