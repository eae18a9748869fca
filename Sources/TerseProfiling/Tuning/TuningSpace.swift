import Foundation
import TerseEngine
import TerseTensor

/// The configurations that are worth a measurement on a host.
///
/// What does not change what a model computes is in it, and types of keys and values that were asked for. Not in it: whether
/// weights are laid out for the processor, which is never slower; which logits are computed and how many tokens are guessed at,
/// which the engine finds out while it runs.
public struct TuningSpace: Sendable {
    public var topology: Topology
    public var budget: ProcessorBudget
    /// The one that is used by default comes first.
    public var instructionSets: [InstructionSet]
    /// Steps longer than the prompt that is measured would make no difference.
    public var conditions: TuningConditions

    /// Configurations that are measured at most.
    public static let candidatesMax = 64

    public init(
        topology: Topology, budget: ProcessorBudget, instructionSets: [InstructionSet], conditions: TuningConditions
    ) {
        (self.topology, self.budget) = (topology, budget)
        (self.instructionSets, self.conditions) = (instructionSets, conditions)
    }

    /// The default configuration first, then those with the fewest differences from it: a search with little time takes only the
    /// first ones.
    public var candidates: [TunedOptions] {
        var all: [TunedOptions] = [TunedOptions()]
        func vary<Value>(_ values: [Value], _ change: (inout TunedOptions, Value) -> Void) {
            all += values.flatMap { value in
                all.map { options in
                    var options = options
                    change(&options, value)
                    return options
                }
            }
        }
        vary(places) { ($0.threads, $0.processors) = ($1.threads, $1.processors) }
        vary(Array(instructionSets.dropFirst())) { $0.instructionSet = $1 }
        vary(steps) { $0.stepTokens = $1 }
        vary(Array(conditions.kvTypes.dropFirst())) { $0.kvType = $1 }
        vary(batches) { $0.runningMax = $1 }
        let ranked = all.enumerated().sorted {
            ($0.element.changeCount, $0.offset) < ($1.element.changeCount, $1.offset)
        }
        return Array(ranked.map(\.element).prefix(Self.candidatesMax))
    }

    /// The most threads that are tried. A group that goes over its limit stands still for the rest of the period.
    public var threadLimit: Int {
        let group = budget.cgroupLimit.map { max(Int(min($0, 1e6)), 1) } ?? .max
        return max(1, min(budget.logicalProcessors, group, conditions.threadsMax ?? .max, ThreadTeam.threadCountMax))
    }

    private var steps: [Int] {
        conditions.goal.stepTokens.filter {
            $0 != SchedulerLimits().stepTokens && $0 <= conditions.promptTokens && $0 >= conditions.streams
        }
    }

    /// Fewer requests at once make those that are computed faster, and let the others wait.
    private var batches: [Int] {
        conditions.goal == .throughput && conditions.streams >= 4 ? [conditions.streams / 2] : []
    }

    private struct Place {
        var threads: Int?
        var processors: ProcessorList?
    }

    /// Numbers of threads wherever the system likes, those like the default's first, and threads on a part of the processors.
    private var places: [Place] {
        let standard = budget.threads
        var counts: Set = [budget.physicalCores - 1, budget.physicalCores * 3 / 4, budget.physicalCores, threadLimit]
        var power = 1
        while power <= threadLimit {
            counts.insert(power)
            power *= 2
        }
        let free = counts.filter { $0 >= 1 && $0 <= threadLimit && $0 != standard }.sorted {
            let (one, other) = (log(Double($0) / Double(standard)), log(Double($1) / Double(standard)))
            return (abs(one), other) < (abs(other), one)
        }
        var places = parts.map { part in
            Place(
                threads: min(topology.cores(of: part).count, threadLimit), processors: ProcessorList(part.map(\.number))
            )
        }
        places += free.map { Place(threads: $0) }
        return places
    }

    /// Parts of the processors that may be better than all of them: isolated ones, those of one memory or one cache, fast ones.
    private var parts: [[Topology.Processor]] {
        let all = topology.processors
        let isolated = topology.cores(of: all.filter(\.isIsolated)).sorted { $0.number < $1.number }
        let shared = all.filter { !$0.isIsolated }
        let fast = shared.filter { $0.speed >= Topology.fastSpeedMin }
        var parts: [[Topology.Processor]] = []
        for part in [isolated, largest(of: shared, by: \.node), largest(of: shared, by: \.cache), fast]
        where !part.isEmpty && !parts.contains(part) {
            // All of them is what there is anyway, but isolated ones need their threads put in place.
            if part.count < all.count || part.allSatisfy(\.isIsolated) { parts.append(part) }
        }
        return parts
    }

    /// The group with the most cores, the first of several; nothing where each core is a group.
    private func largest(
        of processors: [Topology.Processor], by group: KeyPath<Topology.Processor, Int>
    ) -> [Topology.Processor] {
        let groups = Dictionary(grouping: processors, by: { $0[keyPath: group] })
        func rank(_ group: [Topology.Processor]) -> (Int, Int) {
            (topology.cores(of: group).count, -(group.first?.number ?? 0))
        }
        guard groups.count > 1, let best = groups.values.max(by: { rank($0) < rank($1) }), rank(best).0 > 1 else {
            return []
        }
        return best
    }
}
