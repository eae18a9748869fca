import ArgumentParser
import TerseFormats
import TerseOperations
import TerseProfiling
import TerseRegistry

extension DeploymentRun {
    /// Carries a deployment out and tells how it went; exit code 1 where a requirement is not met.
    static func carryOut(
        _ record: DeploymentRecord, in registry: Registry, by: Attribution, json: Bool
    ) async throws {
        var run = try DeploymentRun(record, in: registry, by: by)
        do { try await run.finish() } catch is Interruption {
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

    /// What is known of a spec's requirements before anything is loaded.
    /// - Throws: the error of the room that found something wrong with the file.
    static func foreseen(
        _ spec: DeploymentSpec, _ candidate: ModelReference, _ registry: Registry
    ) throws -> [RequirementVerdict] {
        let options = try EngineArguments.parse(spec.engine.arguments).options
        let facts = try RequirementFact.beforehand(try open(candidate, registry), options)
        return RequirementVerdict.all(spec.allRequirements.filter(\.isForeseen), facts)
    }

    /// The files of a variant, verified.
    static func open(_ candidate: ModelReference, _ registry: Registry) throws -> ModelFile {
        let located = try ModelPath.locate(candidate, in: registry)
        return try ModelFile.open(located.storedPath ?? located.path)
    }
}

extension DeploymentSpec {
    /// Those that are stated, and that the model fits into the host's memory, which goes without saying.
    var allRequirements: [Requirement] {
        guard !requirements.contains(where: { $0.quantity == .memory }) else { return requirements }
        let host = Double(HostDescription.current.memoryGiB) * 0x1p30
        return requirements + [Requirement(.memory, limit: host)]
    }
}

extension Requirement {
    /// Whether there is something to hold it against before anything is loaded.
    var isForeseen: Bool { quantity.isKnownBefore || quantity == .memory }
}
