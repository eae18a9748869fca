import Foundation
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
        var arguments = ["profile", candidate.description, "--home", registry.home.path] + text
        arguments += spec.engine.profileArguments
        try ChildCommand.run(arguments)
        guard let made = try kept(wanted) else {
            let names = wanted.map(\.rawValue).joined(separator: ", ")
            throw CommandError("\(candidate): its profile says nothing of \(names)")
        }
        return made
    }

    /// - Throws: the error of reading when a file that quality is to be measured on cannot be read.
    static func checkFiles(of spec: DeploymentSpec, source: String) throws {
        let folder = URL(fileURLWithPath: source).deletingLastPathComponent()
        let choice = spec.quality.choice?.split(separator: "=", maxSplits: 1).last.map(String.init)
        for name in [spec.quality.text, choice].compactMap({ $0 }) {
            _ = try TextInput.read(URL(fileURLWithPath: name, relativeTo: folder).path)
        }
    }

    private static func isProfiled(_ quantity: RequirementQuantity) -> Bool {
        quantity.isQuality || [.loadSeconds, .promptRate, .generationRate, .joulesPerToken].contains(quantity)
    }

    /// What is kept of the candidate on hosts of this kind, by this program, on the same text and beside the same parent.
    private func kept(_ wanted: [RequirementQuantity]) throws -> Profile? {
        let needsText = wanted.contains { $0.isQuality }
        let text = needsText ? try spec.quality.text.map { try ProfileText(path: path($0)).hash } : nil
        let needsParent = wanted.contains { [.divergence, .agreement].contains($0) }
        let parent = needsParent ? try parent() : nil
        let profiles = try registry.newestProfiles(ofModel: candidate.name, onHost: HostDescription.current.kind)
        return profiles.last { recorded in
            let profile = recorded.profile
            let facts = Set(RequirementFact.all(of: profile).map(\.quantity))
            return recorded.reference == candidate && profile.program == ProfileRun.program
                && Set(wanted).isSubset(of: facts) && (text == nil || profile.textHash == text)
                && (parent == nil || profile.parent == parent)
        }?.profile
    }

    private func textArguments() throws -> [String] {
        let quality = spec.quality
        guard let text = quality.text else { return ["--no-quality"] }
        var arguments = ["--text", path(text)]
        if let windows = quality.windows { arguments += ["--windows", "\(windows)"] }
        if let parent = try parent() { arguments += ["--parent", parent.description] }
        if let choice = quality.choice {
            let parts = choice.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw CommandError("quality.choice: expected TASK=FILE, found \(choice.printable)")
            }
            arguments += ["--choice", "\(parts[0])=\(path(parts[1]))"]
        }
        return arguments
    }

    /// What the spec names, else what is live; nil where that is nothing.
    private func parent() throws -> ModelReference? {
        if let named = spec.quality.parent { return try registry.pinned(try ModelReference(named)) }
        let live = try registry.aliases(of: candidate.name).first { $0.alias == RegistryName.production }
        return live?.reference(of: candidate.name)
    }

    private func path(_ name: String) -> String { URL(fileURLWithPath: name, relativeTo: folder).path }
}

extension EngineLimits {
    /// Those that decide what a profile finds.
    fileprivate var profileArguments: [String] {
        var limits = EngineLimits()
        (limits.threads, limits.memory, limits.keyValueType) = (threads, memory, keyValueType)
        return limits.arguments
    }
}
