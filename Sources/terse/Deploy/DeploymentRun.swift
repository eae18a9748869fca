import ArgumentParser
import Foundation
import TerseConfiguration
import TerseJSON
import TerseOperations
import TerseRegistry

/// Carries a deployment out: what is foreseen, the search for the engine's options, what is measured, and the beginning of the
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
        let lease = try Self.lease(of: record, in: registry)
        (self.registry, self.by, self.record, self.lease) = (registry, by, record, lease)
        spec = try DeploymentSpec(ConfigurationFile.parse(record.spec, source: Self.source(of: record)))
    }

    private static func source(of record: DeploymentRecord) -> String { record.source ?? "spec" }

    /// Whose deployment was withdrawn may still hold it for a moment.
    private static func lease(of record: DeploymentRecord, in registry: Registry) throws -> Lease {
        let deadline = ContinuousClock.now + leaseTimeout
        while true {
            if let lease = try registry.leadDeployments(of: record.model) { return lease }
            guard ContinuousClock.now < deadline else {
                throw CommandError("another process carries out the deployments of \(record.model)")
            }
            try Interrupts.check()
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private static let leaseTimeout = Duration.seconds(5)

    /// Goes on until an end.
    /// - Throws: `Interruption`, after which it can be resumed, as when a rollout is under way at the end (`RegistryError`,
    ///   `conflict`). What else is thrown is recorded: it has failed.
    mutating func finish() throws {
        do {
            if !record.has(.accepted) { try judge() }
        } catch let error where !Interrupts.requested {
            // Where that cannot be recorded, or somebody withdrew it meanwhile, the first error says so.
            try? note(.failed, ["error": .string(Terse.message(for: error))])
            throw error
        }
        guard record.end == nil else { return }
        let rollout = try Rollout(spec.rollout, now: .zero)
        record = try registry.finishDeployment(
            record.id, plan: spec.rollout.json, state: rollout.json, weight: rollout.weight, by: by)
    }

    private mutating func note(_ kind: DeploymentRecord.Event.Kind, _ details: JSONObject) throws {
        try Interrupts.check()
        let text = JSONValue.object(details).serialized()
        record = try registry.record(kind, ofDeployment: record.id, details: text, by: by)
    }

    // MARK: Steps

    /// Cheap requirements first: what fails there is not measured. What is measured is tuned before, as it will be served.
    private mutating func judge() throws {
        var facts = try Self.foreseenFacts(spec, record.candidate, registry)
        let foreseen = Self.verdicts(spec, facts, foreseenOnly: true)
        guard foreseen.allSatisfy(\.isMet) else { return try note(.refused, details(foreseen)) }
        try CandidateProfile.checkFiles(of: spec, source: Self.source(of: record))
        if spec.isTuned, !record.has(.tuned) { try tune() }
        if let profile = try CandidateProfile(
            registry: registry, candidate: record.candidate, spec: spec, folder: folder
        ).get() {
            facts += RequirementFact.all(of: profile)
        }
        let load = try load()
        facts += RequirementFact.all(ofLoad: load)
        let verdicts = Self.verdicts(spec, facts)
        var details = details(verdicts)
        details["load"] = load
        guard verdicts.allSatisfy(\.isMet) else { return try note(.refused, details) }
        let files = DeploymentFiles(
            model: spec.servedAs ?? record.model, spec: spec,
            tokensPerSecond: load["tokens_per_second"]?.doubleValue ?? 0)
        let written = try files.write(in: registry.home.appending(path: "deployments/\(record.model)"))
        details["engine"] = .array(spec.engine.arguments.map { .string($0) })
        details["files"] = .array(written.map { .string($0) })
        try note(.accepted, details)
    }

    private mutating func tune() throws {
        let goal = ["--streams", "\(spec.load.streams)", "--json"]
        let text = try ChildCommand.run(
            ["tune", record.candidate.description] + goal + memoryArguments, home: registry.home)
        let tuning = try JSONValue.parse(Array(text.utf8))
        try note(.tuned, ["options": tuning["options"] ?? .null, "gain": tuning["gain"] ?? .null])
    }

    /// In a process of its own, whose memory is the engine's, and whose instruction set may be one that was tuned.
    private func load() throws -> JSONValue {
        var arguments = [
            "load", record.candidate.description, "--streams", "\(spec.load.streams)", "--requests",
            "\(spec.load.requests)", "--prompt", "\(spec.load.promptTokens)", "--generate",
            "\(spec.load.outputTokens)", "--json",
        ]
        if let text = spec.quality.text {
            arguments += ["--text", URL(fileURLWithPath: text, relativeTo: folder).path]
        }
        return try JSONValue.parse(Array(ChildCommand.run(arguments + spec.engine.arguments, home: registry.home).utf8))
    }

    private var memoryArguments: [String] { spec.engine.memory.map { ["--memory", "\($0)"] } ?? [] }

    // MARK: Parts

    /// What names of files in the spec are relative to.
    private var folder: URL {
        record.source.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
            ?? URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
    }

    private func details(_ verdicts: [RequirementVerdict]) -> JSONObject {
        ["verdicts": .array(verdicts.map(\.json))]
    }
}
