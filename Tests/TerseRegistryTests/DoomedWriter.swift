import Foundation
import TestSupport

@testable import TerseRegistry

/// Does one thing after the other to a registry until the process is killed, and writes down before each what it is about to
/// do and after it that it is done.
struct DoomedWriter {
    let home: String
    let journal: String
    let seed: UInt64

    private static let models = ["stories", "poems", "novels"]
    /// Few, so that files are shared, and one that takes a while to write.
    private static let contents: [[UInt8]] =
        (0..<8).map { [UInt8](repeating: $0, count: 3000) }
        + [[UInt8](repeating: 99, count: 400_000)]

    /// The most operations of a writer, the one in which it is killed among them.
    private static let operationsMax = 24

    /// Is killed during one of the first operations, somewhere within as much time as the longest of those before took:
    /// anywhere in it, however fast the machine is.
    func run() throws {
        // Two writers have the one journal.
        let journal = FileHandle(fileDescriptor: open(journal, O_WRONLY | O_APPEND))
        var random = SplitMix64(seed: seed)
        let last = 1 + random.next(below: Self.operationsMax)
        let registry = try Registry(home: URL(filePath: home))
        var longest = Duration.milliseconds(5)
        var number = 0
        while true {
            number += 1
            if number == last { Self.killSelf(within: longest, &random) }
            let start = ContinuousClock.now
            defer { longest = max(longest, start.duration(to: .now)) }
            let tag = "\(seed)-\(number)"
            try journal.write(contentsOf: Data("begin \(tag)\n".utf8))
            do {
                let what = try operate(registry, Attribution(author: "writer", reason: tag), &random)
                try journal.write(contentsOf: Data("done \(tag) \(what)\n".utf8))
            } catch let error as RegistryError where [.conflict, .notFound].contains(error.code) {
                // Such as rolling back further than there is anything: nothing is done then.
                try journal.write(contentsOf: Data("refused \(tag)\n".utf8))
            } catch {
                try journal.write(contentsOf: Data("failed \(tag) \(error)\n".utf8))
            }
        }
    }

    /// Opens the registry and is killed within this time.
    func runOpening(within time: Duration) throws {
        var random = SplitMix64(seed: seed)
        Self.killSelf(within: time, &random)
        try run()
    }

    private static func killSelf(within time: Duration, _ random: inout SplitMix64) {
        let delay = UInt32(random.next(below: max(1, Int(time / .microseconds(1)))))
        Thread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }.start()
    }

    /// - Returns: how many records with the tag in them there must be, of each kind.
    private func operate(_ registry: Registry, _ by: Attribution, _ random: inout SplitMix64) throws -> String {
        let model = Self.models[random.next(below: Self.models.count)]
        switch random.next(below: 17) {
        case 0...3: return try add(registry, model, by, &random)
        case 4:
            let versions = try registry.versions(of: model)
            let version = versions[random.next(below: versions.count)]
            let before = try registry.moves(of: model, alias: "candidate").last?.id
            let move = try registry.setAlias("candidate", to: version.reference, by: by)
            return move.id == before || move.made.reason != by.reason ? "none" : "move"
        case 5:
            try registry.rollback(model, alias: random.next(below: 2) == 0 ? "candidate" : "production", by: by)
            return "move"
        case 6:
            let versions = try registry.versions(of: model)
            try registry.remove(versions[random.next(below: versions.count)].reference, by: by)
            return "removal"
        case 7:
            _ = try registry.removeOutlived(by: by)
            _ = try registry.collect()
            return "none"
        case 8:
            _ = try registry.locate(ModelReference(name: model))
            return "none"
        case 9:
            let figures = (0..<3).map {
                Profile.Figure(
                    quantity: "q\($0)", unit: "1", value: 1, low: 1, high: 1, samples: 1, method: "m", basis: .measured)
            }
            try registry.record(
                Profile(host: "h", hostDetails: "{}", program: "p", conditions: "{}", figures: figures),
                of: ModelReference(name: model), by: by)
            return "profile"
        case 10: return try begin(registry, model, by, &random)
        case 11...12: return try goOn(registry, model, by, &random)
        case 13: return try deploy(registry, model, by, &random)
        case 14...15: return try goOnDeploying(registry, model, by, &random)
        default:
            try registry.setRollbackDepth(1 + random.next(below: 3), of: model, by: by)
            return "retention"
        }
    }

    private func begin(
        _ registry: Registry, _ model: String, _ by: Attribution, _ random: inout SplitMix64
    ) throws -> String {
        let versions = try registry.versions(of: model)
        _ = try registry.beginRollout(
            of: versions[random.next(below: versions.count)].reference, plan: "{}", state: "{}", weight: 0, by: by)
        return "rollout \(HistoryEntry.Event.rolloutBegun.rawValue)"
    }

    /// Does something to the rollout that is under way.
    private func goOn(
        _ registry: Registry, _ model: String, _ by: Attribution, _ random: inout SplitMix64
    ) throws -> String {
        guard let rollout = try registry.rollouts(of: model, runningOnly: true).first else { return "none" }
        let kinds = Array(RolloutRecord.Event.Kind.allCases.dropFirst())
        let number = random.next(below: kinds.count + 1)
        guard number < kinds.count else {
            try registry.saveRolloutState("{}", ofRollout: rollout.id, event: rollout.events.last?.id ?? 0)
            return "none"
        }
        let kind = kinds[number]
        try registry.record(
            kind, ofRollout: rollout.id, weight: 0.5, after: rollout.events.last?.id, state: #"{"a": 1}"#, by: by)
        return "rollout rollout \(kind.rawValue)"
    }

    private func deploy(
        _ registry: Registry, _ model: String, _ by: Attribution, _ random: inout SplitMix64
    ) throws -> String {
        let versions = try registry.versions(of: model)
        _ = try registry.beginDeployment(
            of: versions[random.next(below: versions.count)].reference, spec: "{}", source: nil, by: by)
        return "deployment \(HistoryEntry.Event.deploymentBegun.rawValue)"
    }

    /// Does something to the deployment that is under way.
    private func goOnDeploying(
        _ registry: Registry, _ model: String, _ by: Attribution, _ random: inout SplitMix64
    ) throws -> String {
        guard let deployment = try registry.deployments(of: model, runningOnly: true).first else { return "none" }
        let kinds: [DeploymentRecord.Event.Kind] = [.accepted, .tuned, .refused, .failed, .withdrawn]
        let number = random.next(below: kinds.count + 3)
        guard number < kinds.count else {
            let ended = try registry.finishDeployment(deployment.id, plan: "{}", state: "{}", weight: 0, by: by)
            return "deployment deployment \(ended.end?.kind.rawValue ?? "")"
        }
        try registry.record(kinds[number], ofDeployment: deployment.id, by: by)
        return "deployment deployment \(kinds[number].rawValue)"
    }

    private func add(
        _ registry: Registry, _ model: String, _ by: Attribution, _ random: inout SplitMix64
    ) throws -> String {
        let staging = try registry.stage()
        let count = 1 + random.next(below: 3)
        let drafts = try (0..<count).map { number in
            let file = try staging.newFile()
            let bytes = Self.contents[random.next(below: Self.contents.count)]
            try bytes.withUnsafeBytes { try file.write($0) }
            let hash = try file.finish()
            let blob = Staging.Blob(staging: staging, path: file.path, hash: hash, byteCount: file.byteCount)
            return VariantDraft(
                name: "v\(number)", format: .gguf, entry: "m.gguf",
                files: [VariantDraft.File(path: "m.gguf", blob: blob)])
        }
        let alias = random.next(below: 2) == 0 ? "production" : nil
        _ = try registry.add(model, Lineage(), drafts, alias: alias, by: by)
        return "version \(count) \(alias == nil ? 0 : 1)"
    }
}
