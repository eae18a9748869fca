import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

/// Processes that write at once and are killed (SIGKILL) wherever they are.
@Suite(.serialized) struct KillTests {
    static let operationsMin = 1000
    static let roundsMax = 500

    /// What the writers wrote down.
    private struct Journal {
        var begun = 0
        /// By tag: what was done.
        var done: [String: String] = [:]
        var failures: [String] = []

        init(_ path: String) throws {
            for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                switch words[0] {
                case "begin": begun += 1
                case "done": done[words[1]] = words[2]
                case "failed": failures.append(String(line))
                default: break
                }
            }
        }
    }

    private static func killedWriter(_ home: String, _ journal: String, seed: UInt64) async {
        await #expect(processExitsWith: .signal(SIGKILL)) { [home, journal, seed] in
            try DoomedWriter(home: home, journal: journal, seed: seed).run()
        }
    }

    private static func killedOpener(_ home: String, _ journal: String, seed: UInt64, within seconds: Double) async {
        await #expect(processExitsWith: .signal(SIGKILL)) { [home, journal, seed, seconds = seconds as Double] in
            try DoomedWriter(home: home, journal: journal, seed: seed).runOpening(within: .seconds(seconds))
        }
    }

    @Test func nothingIsLostAndNothingIsHalfThere() async throws {
        let folder = try TemporaryFolder()
        let (home, path) = (folder.path("home"), try folder.write([], "journal"))
        var rounds = 0
        while try Journal(path).begun < Self.operationsMin, rounds < Self.roundsMax {
            let seed = FuzzBudget.seed + 2 * UInt64(rounds)
            rounds += 1
            async let first: Void = Self.killedWriter(home, path, seed: seed)
            async let second: Void = Self.killedWriter(home, path, seed: seed + 1)
            _ = await (first, second)
            let result = try Registry(home: URL(filePath: home)).verify()
            #expect(result.isSound, "round \(rounds): \(result.problems)")
        }
        let journal = try Journal(path)
        #expect(journal.failures.isEmpty, "\(journal.failures.prefix(5))")
        #expect(journal.begun >= Self.operationsMin)
        let registry = try Registry(home: URL(filePath: home))
        try check(registry.history(), journal)
        _ = try registry.collect()
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(home)/blobs/staging").isEmpty)
        let result = try registry.verify()
        #expect(result.isSound && result.garbageFiles == 0, "\(result)")
        print("killed \(2 * rounds) writers in \(journal.begun) operations, \(journal.done.count) of which were done")
    }

    /// What was done is there, and what was begun is there wholly or not at all.
    private func check(_ history: [HistoryEntry], _ journal: Journal) throws {
        let records = Dictionary(grouping: history.filter { $0.alias != "previous" }, by: { $0.made.reason ?? "" })
        func count(_ tag: String, _ events: Set<HistoryEntry.Event>) -> Int {
            (records[tag] ?? []).count { events.contains($0.event) }
        }
        let moves: Set<HistoryEntry.Event> = [.aliasSet, .aliasCleared, .aliasRolledBack]
        for (tag, what) in journal.done {
            let words = what.split(separator: " ")
            switch words[0] {
            case "version":
                let expected = [1, Int(words[1]) ?? 0, Int(words[2]) ?? 0]
                let found = [count(tag, [.versionAdded]), count(tag, [.variantAdded]), count(tag, moves)]
                #expect(found == expected, "\(tag): \(what)")
            case "move": #expect(count(tag, moves) == 1, "\(tag)")
            case "removal": #expect(count(tag, [.variantRemoved]) >= 1, "\(tag)")
            case "profile": #expect(count(tag, [.profileRecorded]) == 1, "\(tag)")
            case "rollout":
                let event = HistoryEntry.Event(rawValue: words.dropFirst().joined(separator: " "))
                #expect(records[tag]?.count { $0.event == event } == 1, "\(tag): \(what)")
                #expect(count(tag, moves) == (event == .rolloutPromoted ? 1 : 0), "\(tag): \(what)")
            case "deployment":
                let event = HistoryEntry.Event(rawValue: words.dropFirst().joined(separator: " "))
                #expect(records[tag]?.count { $0.event == event } == 1, "\(tag): \(what)")
                #expect(count(tag, moves) == (event == .deploymentLive ? 1 : 0), "\(tag): \(what)")
                #expect(count(tag, [.rolloutBegun]) == (event == .deploymentRolledOut ? 1 : 0), "\(tag): \(what)")
            case "retention": #expect(count(tag, [.retentionSet]) == 1, "\(tag)")
            default: break
            }
        }
        // A promotion and its move are there together or not at all.
        for promotion in history where promotion.event == .rolloutPromoted {
            #expect(count(promotion.made.reason ?? "", moves) == 1, "\(promotion)")
        }
        // So are the end of a deployment and the rollout or the move that it is.
        for end in history where [.deploymentLive, .deploymentRolledOut].contains(end.event) {
            let events: Set<HistoryEntry.Event> = end.event == .deploymentLive ? moves : [.rolloutBegun]
            #expect(count(end.made.reason ?? "", events) == 1, "\(end)")
        }
        // Variants are numbered from 0, so that of a version none is missing where the last one is there.
        for version in Dictionary(grouping: history.filter { $0.event == .variantAdded }, by: { $0.made.reason ?? "" })
        {
            #expect(
                version.value.map(\.variant).sorted { ($0 ?? "") < ($1 ?? "") }
                    == (0..<version.value.count).map { "v\($0)" }, "\(version.key)")
            #expect(count(version.key, [.versionAdded]) == 1)
        }
    }

    /// Killed while the registry is made, or soon after: within twice the time that making one takes here.
    @Test func aRegistryThatWasHardlyBegunOpens() async throws {
        let example = try TemporaryFolder()
        let time = try ContinuousClock().measure { _ = try Registry(home: example.url.appending(path: "home")) }
        let seconds = 2 * (time / .seconds(1))
        for round in 0..<20 as Range<UInt64> {
            let folder = try TemporaryFolder()
            let (home, path) = (folder.path("home"), try folder.write([], "journal"))
            async let first: Void = Self.killedOpener(home, path, seed: 1000 + 2 * round, within: seconds)
            async let second: Void = Self.killedOpener(home, path, seed: 1001 + 2 * round, within: seconds)
            _ = await (first, second)
            let registry = try Registry(home: URL(filePath: home))
            #expect(try registry.verify().isSound)
            try check(registry.history(), Journal(path))
        }
    }
}
