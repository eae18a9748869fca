import Foundation
import TerseConfiguration
import TerseEngine
import TerseFormats
import TerseJSON
import TerseOperations
import TerseProfiling
import TerseRegistry
import TerseServer
import TerseTensor

/// Carries a deployment out: the requirements, the search for the engine's options, the baseline, and the beginning of the
/// rollout. What is done already, by a process that has ended, is not done again.
struct DeploymentRun {
    let registry: Registry
    let by: Attribution
    private(set) var record: DeploymentRecord
    private let spec: DeploymentSpec
    /// Nobody else carries it out meanwhile.
    private let lease: Lease

    /// - Throws: `CommandError` while another process carries out the model's deployments; `ConfigurationError` for a spec that
    ///   this program does not understand any more.
    init(_ record: DeploymentRecord, in registry: Registry, by: Attribution) throws {
        guard let lease = try registry.leadDeployments(of: record.model) else {
            throw CommandError("another process carries out the deployments of \(record.model)")
        }
        (self.registry, self.by, self.record, self.lease) = (registry, by, record, lease)
        spec = try DeploymentSpec(ConfigurationFile.parse(record.spec, source: record.source ?? "spec"))
    }

    /// Goes on until an end.
    /// - Throws: `Interruption`, after which it can be resumed, as when a rollout is under way at the end (`RegistryError`,
    ///   `conflict`). What else is thrown is recorded: it has failed.
    mutating func finish() async throws {
        do {
            if !record.has(.accepted) { try await judge() }
            guard record.end == nil else { return }
            if spec.isTuned, !record.has(.tuned) { try tune() }
            if !record.has(.baselined) { try await baseline() }
        } catch let error where !Interrupts.requested {
            // Where that cannot be recorded, or somebody withdrew it meanwhile, the first error says so.
            try? note(.failed, ["error": .string("\(error)")])
            throw error
        }
        let rollout = try Rollout(spec.rollout, now: .zero)
        record = try registry.finishDeployment(
            record.id, plan: spec.rollout.json, state: rollout.json, weight: rollout.weight, by: by)
    }

    private mutating func note(_ kind: DeploymentRecord.Event.Kind, _ details: JSONValue) throws {
        try Interrupts.check()
        record = try registry.record(kind, ofDeployment: record.id, details: details.serialized(), by: by)
    }

    // MARK: Steps

    /// Cheap requirements first: what fails there is not measured.
    private mutating func judge() async throws {
        let file = try openFile()
        let options = try EngineArguments.parse(spec.engine.arguments).options
        var facts = try RequirementFact.beforehand(file, options)
        let foreseen = RequirementVerdict.all(spec.allRequirements.filter(\.isForeseen), facts)
        guard hostHasInstructions, foreseen.allSatisfy(\.isMet) else { return try note(.refused, details(foreseen)) }
        if let profile = try CandidateProfile(
            registry: registry, candidate: record.candidate, spec: spec, folder: folder
        ).get() {
            facts += RequirementFact.all(of: profile)
        }
        let load = try await DeploymentLoad(spec: spec, folder: folder).measure(file, options)
        facts += RequirementFact.all(of: load.result, residentBytes: load.residentBytes)
        let verdicts = RequirementVerdict.all(spec.allRequirements, facts)
        let isAccepted = verdicts.allSatisfy(\.isMet)
        try note(isAccepted ? .accepted : .refused, details(verdicts, load))
    }

    private mutating func tune() throws {
        try ChildCommand.run(["tune", record.candidate.description])
        try note(.tuned, [:])
    }

    /// What it does under the load, with the options that it will have; and the files for those who watch it.
    private mutating func baseline() async throws {
        let options = try EngineArguments.parse(spec.engine.arguments).options
        let load = try await DeploymentLoad(spec: spec, folder: folder).measure(try openFile(), options)
        let files = DeploymentFiles(model: record.model, spec: spec, tokensPerSecond: load.result.tokensPerSecond)
        let written = try files.write(in: registry.home.appending(path: "deployments/\(record.model)"))
        try note(
            .baselined,
            [
                "load": load.json(spec.load), "engine": .array(spec.engine.arguments.map { .string($0) }),
                "files": .array(written.map { .string($0) }),
            ])
    }

    // MARK: Parts

    private func openFile() throws -> ModelFile { try Self.open(record.candidate, registry) }

    /// What names of files in the spec are relative to.
    private var folder: URL {
        record.source.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
            ?? URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
    }

    private var hostHasInstructions: Bool {
        spec.instructionSets.isEmpty || !Set(spec.instructionSets).isDisjoint(with: Self.supportedSets)
    }

    private static var supportedSets: [InstructionSetName] {
        InstructionSet.allCases.filter(\.isSupported).compactMap { InstructionSetName(rawValue: $0.name) }
    }

    private func details(_ verdicts: [RequirementVerdict], _ load: DeploymentLoad.Measurement? = nil) -> JSONValue {
        var object: JSONObject = ["verdicts": .array(verdicts.map(\.json))]
        if !spec.instructionSets.isEmpty {
            object["instruction_sets"] = [
                "expected": .array(spec.instructionSets.map { .string($0.rawValue) }),
                "found": .array(Self.supportedSets.map { .string($0.rawValue) }), "met": .bool(hostHasInstructions),
            ]
        }
        if let load { object["load"] = load.json(spec.load) }
        return .object(object)
    }
}
