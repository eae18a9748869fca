import TerseJSON
import TerseModel
import TerseOperations
import TerseProfiling
import TerseRegistry
import TerseTensor

extension RequirementFact {
    /// What the host is, and what the model and its memory plan say, before anything is loaded.
    static func beforehand(_ model: Model, _ plan: MemoryPlan, _ requirements: [Requirement]) -> [RequirementFact] {
        let host = HostDescription.current
        return [
            RequirementFact(.cores, value: Double(host.budget.physicalCores), basis: .measured),
            RequirementFact(.hostMemory, value: host.memoryBytes, basis: .measured),
            RequirementFact(
                .operationsPerToken, value: Double(model.configuration.multiplicationsPerToken), basis: .predicted),
            RequirementFact(.memory, value: Double(plan.totalBytes), basis: .predicted),
            RequirementFact(.instructionSets, value: instructionSets(of: requirements), basis: .measured),
        ]
    }

    /// How many of those that are asked for the host has.
    private static func instructionSets(of requirements: [Requirement]) -> Double {
        let supported = InstructionSet.allCases.filter(\.isSupported).map(\.name)
        return Double(Set(requirements.flatMap(\.instructionSets).map(\.rawValue)).intersection(supported).count)
    }

    /// What a profile says, of one sequence.
    static func all(of profile: Profile) -> [RequirementFact] {
        let pairs: [(RequirementQuantity, Profile.Quantity)] = [
            (.loadSeconds, .loadTime), (.promptRate, .promptRate), (.generationRate, .generationRate),
            (.bitsPerByte, .bitsPerByte), (.perplexity, .perplexity), (.divergence, .divergence),
            (.agreement, .agreement), (.choiceAccuracy, .choiceAccuracy), (.joulesPerToken, .generationEnergy),
        ]
        return pairs.compactMap { quantity, kept in
            profile.figure(kept).map {
                RequirementFact(
                    quantity, value: $0.value, low: $0.low, high: $0.high,
                    basis: $0.basis == .measured ? .measured : .estimated)
            }
        }
    }

    /// What clients waited for, and what the process held then, as `terse load` reports it.
    static func all(ofLoad load: JSONValue) -> [RequirementFact] {
        func fact(_ quantity: RequirementQuantity, _ value: JSONValue?) -> RequirementFact? {
            guard let value = value?.doubleValue, value > 0 else { return nil }
            return RequirementFact(quantity, value: value, basis: .measured)
        }
        let times = [RequirementQuantity.timeToFirstToken, .timePerOutputToken].flatMap { quantity in
            DeploymentSpec.percentiles.compactMap { percentile -> RequirementFact? in
                let figure = load[quantity.rawValue]?["p\(percentile)"]
                guard let value = figure?["value"]?.doubleValue else { return nil }
                return RequirementFact(
                    quantity, percentile: percentile, value: value, low: figure?["low"]?.doubleValue,
                    high: figure?["high"]?.doubleValue, basis: .measured)
            }
        }
        return [fact(.loadedRate, load["tokens_per_second"]), fact(.memory, load["resident_bytes"])].compactMap { $0 }
            + times
    }
}
