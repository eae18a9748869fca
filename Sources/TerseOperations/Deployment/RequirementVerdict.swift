/// A limit beside what was found.
public struct RequirementVerdict: Sendable, Equatable {
    public let requirement: Requirement
    /// nil: it is not known, and so not kept to.
    public let fact: RequirementFact?

    init(_ requirement: Requirement, _ fact: RequirementFact?) {
        (self.requirement, self.fact) = (requirement, fact)
    }

    public var isMet: Bool { fact.map { requirement.allows($0.value) } ?? false }

    /// Whether measuring again could say the opposite: the limit lies within the interval.
    public var isMarginal: Bool { fact.map { $0.low < requirement.limit && requirement.limit < $0.high } ?? false }

    /// A verdict for each requirement and each fact about it; one for those that nothing is known of.
    public static func all(_ requirements: [Requirement], _ facts: [RequirementFact]) -> [RequirementVerdict] {
        requirements.flatMap { requirement in
            let own = facts.filter { ($0.quantity, $0.percentile) == (requirement.quantity, requirement.percentile) }
            return own.isEmpty
                ? [RequirementVerdict(requirement, nil)] : own.map { RequirementVerdict(requirement, $0) }
        }
    }
}
