import Foundation
import GRDB
import TestSupport
import Testing

@testable import TerseRegistry

/// Rollouts as they are recorded: what may follow what, and what a promotion is.
@Suite struct RolloutTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf.ofTwoVersions() }

    private var registry: Registry { shelf.registry }

    private func begin(_ candidate: String = "stories:2") throws -> RolloutRecord {
        try registry.beginRollout(
            of: try reference(candidate), plan: #"{"steps": 4}"#, state: "{}", weight: 0.01, by: shelf.by)
    }

    @discardableResult
    private func record(
        _ kind: RolloutRecord.Event.Kind, _ rollout: RolloutRecord, weight: Double? = nil, after last: Int64? = nil,
        state: String? = nil
    ) throws -> RolloutRecord {
        try registry.record(kind, ofRollout: rollout.id, weight: weight, after: last, state: state, by: shelf.by)
    }

    @Test func aPromotionIsOneTransactionWithTheMove() throws {
        let rollout = try begin()
        #expect(rollout.candidate.description == "stories:2/f16" && rollout.stable.description == "stories:1/f16")
        #expect(rollout.events.map(\.kind) == [.begun] && rollout.end == nil && rollout.plan == #"{"steps": 4}"#)
        try record(.split, rollout, weight: 0.5, state: #"{"step": 1}"#)
        let done = try record(.promoted, rollout)
        #expect(done.end?.weight == 1 && done.state == #"{"step": 1}"# && done.events.map(\.weight) == [0.01, 0.5, 1])
        #expect(try shelf.production("stories") == 2)
        #expect(try registry.aliases(of: "stories").first { $0.alias == RegistryName.previous }?.version == 1)
        let history = try registry.history(of: "stories").suffix(5).map(\.event)
        #expect(history.contains(.rolloutPromoted) && history.contains(.aliasSet), "\(history)")
        #expect(try registry.verify().problems == [])
        #expect(try registry.rollback("stories", by: shelf.by).version == 1)
    }

    @Test func aModelHasOneRolloutAtATime() throws {
        let rollout = try begin()
        #expect(refusal { _ = try begin() }?.contains("rollout \(rollout.id) of stories:2/f16") == true)
        try record(.aborted, rollout)
        #expect(try begin().id > rollout.id)
        #expect(try registry.rollouts(of: "stories").count == 2)
        #expect(try registry.rollouts(runningOnly: true).count == 1)
    }

    @Test func whatIsLiveIsNoCandidate() throws {
        #expect(refusal { _ = try begin("stories:1") }?.contains("stories:1") == true)
        #expect(registryError { _ = try begin("stories:9") }?.code == .notFound)
        try registry.clearAlias(RegistryName.production, of: "stories", by: shelf.by)
        #expect(registryError { _ = try begin() }?.code == .notFound)
    }

    @Test func nothingFollowsAnEnd() throws {
        let rollout = try begin()
        try record(.rolledBack, rollout)
        for kind in RolloutRecord.Event.Kind.allCases where kind != .begun {
            #expect(refusal { try record(kind, rollout) }?.contains("was rolled back at") == true, "\(kind)")
        }
        #expect(try shelf.production("stories") == 1)
    }

    /// Who decides by what is no longer so is told, and nothing is recorded.
    @Test func whoKnowsTooLittleIsRefused() throws {
        let rollout = try begin()
        let known = try #require(rollout.events.last?.id)
        let paused = try record(.paused, rollout)
        #expect(paused.isPaused)
        #expect(refusal { try record(.promoted, rollout, after: known) }?.contains("event \(known)") == true)
        #expect(try shelf.production("stories") == 1)
        #expect(try record(.resumed, rollout, after: paused.events.last?.id).isPaused == false)
        #expect(refusal { try record(.resumed, rollout) }?.contains("not paused") == true)
    }

    /// What was compared with something else than what is live now is not promoted.
    @Test func productionMayHaveMoved() throws {
        let rollout = try begin()
        let before = try registry.rolloutMark(of: "stories")
        try shelf.add("stories", Array("three".utf8), alias: RegistryName.production)
        #expect(try registry.rolloutMark(of: "stories") != before)
        #expect(refusal { try record(.promoted, rollout) }?.contains("found stories:3/f16") == true)
        #expect(try registry.rollout(rollout.id).end == nil)
        #expect(try shelf.production("stories") == 3)
    }

    @Test func variantsOfARolloutStay() throws {
        let rollout = try begin()
        #expect(refusal { try registry.remove(reference("stories:2"), by: shelf.by) }?.contains("under way") == true)
        try record(.aborted, rollout)
        try registry.remove(reference("stories:2"), by: shelf.by)
        #expect(try registry.verify().problems == [])
    }

    @Test func statesNeverGoBack() throws {
        let rollout = try begin()
        let split = try record(.split, rollout, weight: 0.5, state: #"{"step": 1}"#)
        let newest = try #require(split.events.last?.id)
        try registry.saveRolloutState(#"{"step": 1, "pairs": 5}"#, ofRollout: rollout.id, event: newest)
        #expect(
            refusal {
                try registry.saveRolloutState("{}", ofRollout: rollout.id, event: rollout.events[0].id)
            } != nil)
        #expect(try registry.rollout(rollout.id).state == #"{"step": 1, "pairs": 5}"#)
        let long = String(repeating: " ", count: RegistryLimits.rolloutStateBytesMax)
        let error = registryError {
            try registry.saveRolloutState("{\(long)}", ofRollout: rollout.id, event: newest)
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test func oneProcessLeads() throws {
        let other = try Registry(home: registry.home)
        var lease = try registry.leadRollouts(of: "stories")
        #expect(lease != nil)
        #expect(try other.leadRollouts(of: "stories") == nil)
        #expect(try other.leadRollouts(of: "poems") != nil)
        lease = nil
        #expect(try other.leadRollouts(of: "stories") != nil)
    }

    @Test(arguments: [
        "UPDATE rollout SET plan = '{}'", "DELETE FROM rollout", "UPDATE rollout_event SET weight = 0",
        "DELETE FROM rollout_event", "DELETE FROM rollout_state",
        "UPDATE rollout_state SET event_id = event_id - 1", "UPDATE rollout_state SET state = 'x'",
        """
        INSERT INTO rollout (model_id, candidate_id, stable_id, plan, made_at, made_by)
        SELECT model_id, stable_id, candidate_id, '{}', made_at, 'x' FROM rollout
        """,
        """
        INSERT INTO rollout_event (rollout_id, kind, weight, move_id, made_at, made_by)
        SELECT 1, 'promoted', 1, max(id), '2100-01-01 00:00:00.000', 'x' FROM alias_move
        """,
        """
        INSERT INTO rollout_event (rollout_id, kind, weight, made_at, made_by)
        VALUES (1, 'begun', 0, '2100-01-01 00:00:00.000', 'x')
        """,
        """
        INSERT INTO rollout_event (rollout_id, kind, weight, made_at, made_by)
        VALUES (1, 'split', 0, '2000-01-01 00:00:00.000', 'x')
        """,
        """
        INSERT INTO removal (variant_id, made_at, made_by)
        SELECT candidate_id, '2100-01-01 00:00:00.000', 'x' FROM rollout
        """,
    ])
    func theDatabaseRefusesWhatMustNotBe(statement: String) throws {
        _ = try begin()
        #expect(registryError { try registry.write { try $0.execute(sql: statement) } } != nil)
        #expect(try registry.verify().problems == [])
    }

    /// What gets around the triggers is found.
    @Test(arguments: [
        ("UPDATE rollout_event SET kind = 'split' WHERE id = 1", "does not begin"),
        ("UPDATE rollout_event SET kind = 'aborted' WHERE id = 1", "goes on after its end"),
        ("UPDATE rollout_event SET made_at = '2000-01-01 00:00:00.000' WHERE id = 2", "back in time"),
        ("DELETE FROM rollout_state", "has no state"),
        ("UPDATE rollout_event SET kind = 'promoted', move_id = 1 WHERE id = 2", "move of production is none"),
        (
            "INSERT INTO removal (variant_id, made_at, made_by) SELECT candidate_id, made_at, 'x' FROM rollout",
            "with a removed variant"
        ),
    ])
    func damageIsFound(statement: String, problem: String) throws {
        try record(.split, try begin(), weight: 0.5)
        try shelf.force(statement)
        let problems = try registry.verify().problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    /// A registry of the third schema is gone on with.
    @Test func olderRegistriesHaveNoRollouts() throws {
        let folder = try TemporaryFolder()
        let home = folder.url.appending(path: "home")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: home.appending(path: "registry.sqlite").path)
        try Schema.migrator.migrate(queue, upTo: "3")
        try queue.close()
        #expect(try Registry(home: home).rollouts() == [])
    }
}
