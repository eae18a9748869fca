import ArgumentParser
import TerseModel
import TerseOperations
import TerseProfiling
import TerseRegistry

extension DeploymentRun {
    /// Carries a deployment out and tells how it went; exit code 1 where a requirement is not met.
    static func carryOut(
        _ record: DeploymentRecord, in registry: Registry, by: Attribution, json: Bool
    ) throws {
        var run = try DeploymentRun(record, in: registry, by: by)
        do { try run.finish() } catch is Interruption {
            StandardError.writeLine("deployment \(record.id) waits: terse deploy resume \(record.model)")
            throw Interruption()
        }
        let ended = run.record
        try json ? StandardOutput.writeLine(ended.json.serialized()) : StandardOutput.write(ended.text)
        guard ended.end?.kind != .refused else {
            for refusal in ended.refusals { StandardError.writeLine("error: \(refusal)") }
            throw ExitCode.failure
        }
    }

    /// What is known before anything is loaded.
    /// - Throws: `ConfigurationError` for what the spec states and the registry or the model contradicts; the error of the room
    ///   that found something wrong with the files.
    static func foreseenFacts(
        _ spec: DeploymentSpec, _ candidate: ModelReference, _ registry: Registry
    ) throws -> [RequirementFact] {
        let model = try Model(ModelPath.open(candidate, in: registry), packing: .foreseen)
        let plan = try spec.memoryPlan(for: model, of: candidate)
        try spec.checkParent(of: candidate, model.configuration, in: registry)
        return RequirementFact.beforehand(model, plan, spec.requirements)
    }

    /// A verdict for each requirement, that the model fits into the host's memory among them, which goes without saying.
    static func verdicts(
        _ spec: DeploymentSpec, _ facts: [RequirementFact], foreseenOnly: Bool = false
    ) -> [RequirementVerdict] {
        var requirements = spec.requirements
        if !requirements.contains(where: { $0.quantity == .memory }) {
            requirements.append(Requirement(.memory, limit: HostDescription.current.memoryBytes))
        }
        return RequirementVerdict.all(requirements.filter { $0.quantity.isForeseen || !foreseenOnly }, facts)
    }
}
