import Foundation
import TerseConfiguration
import TerseEngine
import TerseFormats
import TerseJSON
import TerseOperations
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
    mutating func finish() throws {
        do {
            if !record.has(.accepted) { try judge() }
            guard record.end == nil else { return }
            if spec.isTuned, !record.has(.tuned) { try tune() }
            if !record.has(.baselined) { try baseline() }
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
    private mutating func judge() throws {
        let file = try openFile()
        let options = try EngineArguments.parse(spec.engine.arguments).options()
        var facts = try RequirementFact.beforehand(file, options)
        let foreseen = RequirementVerdict.all(spec.allRequirements.filter(\.isForeseen), facts)
        guard hostHasInstructions, foreseen.allSatisfy(\.isMet) else { return try note(.refused, details(foreseen)) }
        if let profile = try CandidateProfile(
            registry: registry, candidate: record.candidate, spec: spec, folder: folder
        ).get() {
            facts += RequirementFact.all(of: profile)
        }
        let load = try load()
        facts += RequirementFact.all(ofLoad: load)
        let verdicts = RequirementVerdict.all(spec.allRequirements, facts)
        let isAccepted = verdicts.allSatisfy(\.isMet)
        try note(isAccepted ? .accepted : .refused, details(verdicts, load))
    }

    private mutating func tune() throws {
        let goal = ["--streams", "\(spec.load.streams)", "--json"]
        let text = try ChildCommand.run(["tune", record.candidate.description] + goal + memoryArguments)
        let tuning = (try? JSONValue.parse(Array(text.utf8))) ?? .null
        try note(.tuned, ["options": tuning["options"] ?? .null, "gain": tuning["gain"] ?? .null])
    }

    /// In a process of its own, whose memory is the engine's, and whose instruction set may be one that was tuned.
    private func load() throws -> JSONValue {
        var arguments = [
            "load", record.candidate.description, "--streams", "\(spec.load.streams)", "--requests",
            "\(spec.load.requests)", "--prompt", "\(spec.load.promptTokens)", "--generate",
            "\(spec.load.outputTokens)", "--json",
        ]
        if let text = spec.quality.text { arguments += ["--text", URL(fileURLWithPath: text, relativeTo: folder).path] }
        return try JSONValue.parse(Array(ChildCommand.run(arguments + spec.engine.arguments).utf8))
    }

    private var memoryArguments: [String] { spec.engine.memory.map { ["--memory", "\($0)"] } ?? [] }

    /// What it does under the load, with the options that it will have; and the files for those who watch it.
    private mutating func baseline() throws {
        let load = try load()
        let files = DeploymentFiles(
            model: record.model, spec: spec, tokensPerSecond: load["tokens_per_second"]?.doubleValue ?? 0)
        let written = try files.write(in: registry.home.appending(path: "deployments/\(record.model)"))
        try note(
            .baselined,
            [
                "load": load, "engine": .array(spec.engine.arguments.map { .string($0) }),
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

    private func details(_ verdicts: [RequirementVerdict], _ load: JSONValue? = nil) -> JSONValue {
        var object: JSONObject = ["verdicts": .array(verdicts.map(\.json))]
        if !spec.instructionSets.isEmpty {
            object["instruction_sets"] = [
                "expected": .array(spec.instructionSets.map { .string($0.rawValue) }),
                "found": .array(Self.supportedSets.map { .string($0.rawValue) }), "met": .bool(hostHasInstructions),
            ]
        }
        if let load { object["load"] = load }
        return .object(object)
    }
}
