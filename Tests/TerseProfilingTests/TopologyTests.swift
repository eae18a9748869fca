import TerseJSON
import TerseTensor
import TestSupport
import Testing

@testable import TerseProfiling

@Suite struct TopologyTests {
    /// Two packages of two cores with two threads each, a memory and a cache each.
    static let twoNodes = MachineTree.files(
        siblings: ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"],
        caches: ["0-1,4-5", "0-1,4-5", "2-3,6-7", "2-3,6-7", "0-1,4-5", "0-1,4-5", "2-3,6-7", "2-3,6-7"],
        nodes: ["0-1,4-5", "2-3,6-7"])

    private func topology(_ files: [String: String]) throws -> Topology {
        try MachineTree(files).read { Topology(root: $0) }
    }

    private func space(_ topology: Topology, goal: TuningGoal = .balanced) -> TuningSpace {
        var budget = ProcessorBudget.current
        (budget.logicalProcessors, budget.physicalCores) = (topology.processors.count, topology.coreCount)
        budget.cgroupLimit = nil
        var conditions = TuningConditions()
        conditions.goal = goal
        return TuningSpace(
            topology: topology, budget: budget, instructionSets: [.standard], conditions: conditions)
    }

    @Test func coresCachesAndMemoriesAreRead() throws {
        let found = try topology(Self.twoNodes)
        #expect(found.processors.map(\.core) == [0, 1, 2, 3, 0, 1, 2, 3] && found.coreCount == 4)
        #expect(found.processors.map(\.cache) == [0, 0, 2, 2, 0, 0, 2, 2])
        #expect(found.processors.map(\.node) == [0, 0, 1, 1, 0, 0, 1, 1])
        #expect(found.processors.allSatisfy { !$0.isIsolated && $0.speed == 1 })
        #expect(found.cores(of: found.processors).map(\.number) == [0, 1, 2, 3])
    }

    @Test func whatCannotBeUsedIsNotThere() throws {
        var files = Self.twoNodes
        files["proc/self/status"] = "Name:\tx\nCpus_allowed_list:\t0-1,6-9"
        files["sys/devices/system/cpu/online"] = "0-6"
        #expect(try topology(files).processors.map(\.number) == [0, 1, 6])
    }

    @Test func slowCoresAreTold() throws {
        let siblings = ["0", "1", "2", "3"]
        let frequency = { (number: Int, value: String) in
            ("sys/devices/system/cpu/cpu\(number)/cpufreq/cpuinfo_max_freq", value)
        }
        let values = ["5000000", "4900000", "3000000", "3000000"]
        let byFrequency = MachineTree.files(
            siblings: siblings, more: Dictionary(uniqueKeysWithValues: values.enumerated().map(frequency)))
        #expect(try topology(byFrequency).processors.map(\.speed) == [1, 0.98, 0.6, 0.6])
        let byCounters = MachineTree.files(
            siblings: siblings, more: ["sys/devices/cpu_core/cpus": "0-1", "sys/devices/cpu_atom/cpus": "2-3"])
        #expect(try topology(byCounters).processors.map(\.speed) == [1, 1, 0.5, 0.5])
        let byCapacity = MachineTree.files(
            siblings: siblings,
            more: Dictionary(
                uniqueKeysWithValues: [256, 256, 1024, 1024].enumerated().map {
                    ("sys/devices/system/cpu/cpu\($0)/cpu_capacity", "\($1)")
                }))
        let found = try topology(byCapacity)
        #expect(found.processors.map(\.speed) == [0.25, 0.25, 1, 1])
        #expect(found.cores(of: found.processors).map(\.number) == [2, 3, 0, 1])
        let places = space(found).candidates.compactMap(\.processors?.description)
        #expect(Set(places) == ["2-3"])
    }

    /// Nothing there, and nonsense everywhere: a plain machine at worst.
    @Test func whatIsMissingOrDamagedIsPassedOver() throws {
        let empty = try topology([:])
        #expect(!empty.processors.isEmpty && empty.coreCount == empty.processors.count)
        var random = SplitMix64(seed: 7)
        let nonsense = [
            "", "\u{0}", "-", "0-99999999999", "7-3", "x,1", "-1", "nan", "inf", "1e400", "99999999999999999999",
        ]
        let files = Self.twoNodes
        let tree = try MachineTree(files)
        for _ in 0..<40 {
            for path in files.keys.sorted() + (0..<8).map({ "sys/devices/system/cpu/cpu\($0)/cpu_capacity" })
            where random.next(below: 3) == 0 {
                try tree.write(nonsense[random.next(below: nonsense.count)], path)
            }
            let found = tree.read { Topology(root: $0) }
            #expect(found.processors.allSatisfy { $0.speed > 0 && $0.speed <= 1 })
            let candidates = space(found).candidates
            #expect(candidates.first == TunedOptions() && candidates.count <= TuningSpace.candidatesMax)
        }
    }

    @Test func partsOfTheProcessorsAreTried() throws {
        let places = space(try topology(Self.twoNodes)).candidates.filter {
            $0.changeCount == 2 && $0.processors != nil
        }
        #expect(places.map(\.processors?.description).contains("0-1,4-5"))
        #expect(places.allSatisfy { $0.threads == 2 })
        let plain = try topology(MachineTree.files(siblings: ["0", "1"]))
        #expect(space(plain).candidates.allSatisfy { $0.processors == nil })
    }

    /// The system leaves all threads on the first of them, unless each has its own.
    @Test func isolatedProcessorsArePinnedTo() throws {
        var files = Self.twoNodes
        files["sys/devices/system/cpu/isolated"] = "2-3,6"
        let tree = try MachineTree(files)
        let isolated = space(tree.read { Topology(root: $0) }).candidates.first { $0.processors?.description == "2-3" }
        #expect(isolated?.threads == 2)
        let (two, all) = (try #require(ProcessorList("2-3")), try #require(ProcessorList("1-3")))
        tree.read { root in
            #expect(ThreadPlacement(two, root: root).isPinned && !ThreadPlacement(all, root: root).isPinned)
        }
    }

    @Test func theHostSaysWhatItIs() {
        let host = TuningHost.current
        #expect(host == .current && host.key.count == 16 && host.text.contains("processors in reach"))
        #expect(host.json["processors"]?.arrayValue?.count == Topology.current.processors.count)
        #expect(host != TuningHost(.current, Topology(processors: [])))
    }
}
