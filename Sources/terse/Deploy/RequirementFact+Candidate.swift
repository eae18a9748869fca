import TerseEngine
import TerseFormats
import TerseModel
import TerseOperations
import TerseProfiling
import TerseRegistry
import TerseTensor

extension RequirementFact {
    /// What the host is, and what the file says, before anything is loaded.
    /// - Throws: the error of the room that found something wrong with the file; `ModelError` when a stated memory budget cannot
    ///   hold it.
    static func beforehand(_ file: ModelFile, _ options: EngineOptions) throws -> [RequirementFact] {
        let host = HostDescription.current
        let model = try Model(file, packing: .none)
        let plan = try options.memoryPlan(for: model)
        return [
            RequirementFact(.cores, value: Double(host.budget.physicalCores), basis: .measured),
            RequirementFact(.hostMemory, value: Double(host.memoryGiB) * 0x1p30, basis: .measured),
            RequirementFact(
                .operationsPerToken, value: Double(model.configuration.multiplicationsPerToken), basis: .predicted),
            RequirementFact(.memory, value: Double(plan.totalBytes), basis: .predicted),
        ]
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

    /// What clients waited for, and what the process held then.
    static func all(of load: LoadResult, residentBytes: Int) -> [RequirementFact] {
        var facts = [RequirementFact(.loadedRate, value: load.tokensPerSecond, basis: .measured)]
        if residentBytes > 0 {
            facts.append(RequirementFact(.memory, value: Double(residentBytes), basis: .measured))
        }
        let quantities: [(RequirementQuantity, KeyPath<LoadResult.Answer, Double>)] = [
            (.timeToFirstToken, \.timeToFirstToken), (.timePerOutputToken, \.timePerOutputToken),
        ]
        for (quantity, path) in quantities {
            for percentile in DeploymentSpec.percentiles {
                let interval = load.percentile(percentile, of: path).mapped { 1000 * $0 }
                facts.append(
                    RequirementFact(
                        quantity, percentile: percentile, value: interval.value, low: interval.low,
                        high: interval.high, basis: .measured))
            }
        }
        return facts
    }
}
