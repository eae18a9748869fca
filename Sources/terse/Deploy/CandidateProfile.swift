import Foundation
import TerseEvaluation
import TerseJSON
import TerseOperations
import TerseProfiling
import TerseRegistry

/// The profile that a deployment decides by: one that is kept and says all that the spec asks for, else a new one.
struct CandidateProfile {
    let registry: Registry
    let candidate: ModelReference
    let spec: DeploymentSpec
    /// The folder that names of files in the spec are relative to.
    let folder: URL

    /// Nil where no requirement needs one.
    /// - Throws: `CommandError`, `RegistryError`, `Interruption`.
    func get() throws -> Profile? {
        let wanted = spec.requirements.map(\.quantity).filter(Self.isProfiled)
        guard !wanted.isEmpty else { return nil }
        let text = try textArguments()
        if let kept = try kept(wanted) { return kept }
        try ChildCommand.run(
            ["profile", candidate.description] + text + spec.engine.profileArguments, home: registry.home)
        guard let made = try kept(wanted) else {
            let names = wanted.map(\.rawValue).joined(separator: ", ")
            throw CommandError("\(candidate): its profile says nothing of \(names)")
        }
        return made
    }

    /// - Throws: `ConfigurationError` when a file that quality is to be measured on cannot be read.
    static func checkFiles(of spec: DeploymentSpec, source: String) throws {
        let folder = URL(fileURLWithPath: source).deletingLastPathComponent()
        if let text = spec.quality.text {
            do { _ = try TextInput.read(path(text, in: folder)) } catch { throw spec.error(.text, "\(error)") }
        }
        guard let choice = spec.quality.choice else { return }
        guard let task = ChoiceTask(rawValue: choice.task) else {
            let known = ChoiceTask.allCases.map(\.rawValue).joined(separator: ", ")
            throw spec.error(.choice, "expected a task of \(known), found \(choice.task)")
        }
        do { _ = try task.items(path: path(choice.file, in: folder)) } catch {
            throw spec.error(.choice, error.message)
        }
    }

    private static func isProfiled(_ quantity: RequirementQuantity) -> Bool {
        quantity.isQuality || [.loadSeconds, .promptRate, .generationRate, .joulesPerToken].contains(quantity)
    }

    /// What is kept of the candidate on hosts of this kind, by this program, as it would be measured now.
    private func kept(_ wanted: [RequirementQuantity]) throws -> Profile? {
        let needsText = wanted.contains { $0.isQuality }
        let text = needsText ? try spec.quality.text.map { try ProfileText(path: Self.path($0, in: folder)).hash } : nil
        let choice =
            wanted.contains(.choiceAccuracy)
            ? try spec.quality.choice.map { try Lineage.Dataset(file: Self.path($0.file, in: folder)).sha256 } : nil
        let parent = wanted.contains { $0.isComparison } ? try parent() : nil
        let profiles = try registry.newestProfiles(ofModel: candidate.name, onHost: HostDescription.current.kind)
        return profiles.last { recorded in
            let profile = recorded.profile
            let facts = Set(RequirementFact.all(of: profile).map(\.quantity))
            let isSame = recorded.reference == candidate && profile.program == ProfileRun.program
            return isSame && facts.isSuperset(of: wanted) && hasSameConditions(profile, text: text, choice: choice)
                && (parent == nil || profile.parent == parent)
        }?.profile
    }

    private func hasSameConditions(_ profile: Profile, text: BlobHash?, choice: String??) -> Bool {
        let conditions = (try? JSONValue.parse(Array(profile.conditions.utf8))) ?? .null
        let engine = spec.engine
        guard conditions["kv"]?.stringValue == (engine.keyValueType ?? .f16).rawValue,
            engine.threads == nil || conditions["threads"]?.intValue == engine.threads
        else { return false }
        let isSameText =
            text == nil
            || (profile.textHash == text && conditions["windows_max"]?.intValue == spec.quality.windows)
        guard let choice else { return isSameText }
        return isSameText && conditions["choice"]?["sha256"]?.stringValue == choice
            && conditions["choice"]?["task"]?.stringValue == spec.quality.choice?.task
    }

    private func textArguments() throws -> [String] {
        let quality = spec.quality
        guard let text = quality.text else { return ["--no-quality"] }
        var arguments = ["--text", Self.path(text, in: folder)]
        if let windows = quality.windows { arguments += ["--windows", "\(windows)"] }
        if let parent = try parent() { arguments += ["--parent", parent.description] }
        if let choice = quality.choice {
            arguments += ["--choice", "\(choice.task)=\(Self.path(choice.file, in: folder))"]
        }
        return arguments
    }

    private func parent() throws -> ModelReference? { try spec.parent(of: candidate, in: registry) }

    private static func path(_ name: String, in folder: URL) -> String {
        URL(fileURLWithPath: name, relativeTo: folder).path
    }
}

extension EngineLimits {
    /// Those that decide what a profile finds.
    fileprivate var profileArguments: [String] {
        var limits = EngineLimits()
        (limits.threads, limits.memory, limits.keyValueType) = (threads, memory, keyValueType)
        return limits.arguments
    }
}
