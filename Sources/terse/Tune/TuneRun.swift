import Foundation
import TerseProfiling
import TerseTensor

/// Carries a search out: each configuration is measured in the process of its instruction set, with no other at work.
struct TuneRun {
    let model: String
    let packing: PackingOption
    let conditions: TuningConditions
    let candidates: [TunedOptions]

    /// Nothing is kept here, so that Ctrl-C leaves what there was.
    /// - Throws: `Interruption`, or `CommandError` when the default configuration cannot be measured.
    func search() throws -> HalvingSearch {
        let terms = HalvingSearch.Terms(budget: .seconds(conditions.budgetSeconds))
        var search = HalvingSearch(
            candidateCount: candidates.count, goal: conditions.goal, terms: terms, seed: conditions.seed)
        var processes: [InstructionSet: TrialProcess] = [:]
        return try ProgressBar.during("tuning", unit: .items("measurements")) { report in
            while let index = search.next {
                guard report(search.takenCount, search.expectedCount) else { throw Interruption() }
                let set = candidates[index].instructionSet ?? .standard
                let process = try processes[set] ?? TrialProcess(model, packing, set, conditions)
                processes[set] = process
                let start = ContinuousClock.now
                let (rates, reason) = try process.measure(candidates[index])
                guard rates != nil || index != 0 else { throw CommandError(reason) }
                search.take(rates, seconds: start.duration(to: .now) / .seconds(1))
            }
            _ = report(search.takenCount, search.takenCount)
            return search
        }
    }
}
