import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

@Suite struct AliasTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    /// The numbers of the versions that the alias pointed to, one after the other; 0: nothing.
    private func path(_ alias: String) throws -> [Int] {
        try shelf.registry.moves(of: "stories", alias: alias).map { $0.version ?? 0 }
    }

    @Test func rollbacksGoBackOneByOne() throws {
        try shelf.addLive("stories", count: 3)
        #expect(try shelf.registry.rollback("stories", by: shelf.by).version == 2)
        #expect(try shelf.registry.rollback("stories", by: shelf.by).version == 1)
        let end = registryError { try shelf.registry.rollback("stories", by: shelf.by) }
        #expect(end?.code == .conflict && end?.message.contains("nothing to roll back to") == true)
        // What was set after a rollback lies on what the rollback had brought back.
        try shelf.add("stories", [4], alias: "production")
        #expect(try shelf.registry.rollback("stories", by: shelf.by).version == 1)
        #expect(try path("production") == [1, 2, 3, 2, 1, 4, 1])
        let kinds = try shelf.registry.moves(of: "stories", alias: "production").map(\.kind)
        #expect(kinds == [.set, .set, .set, .rollback, .rollback, .set, .rollback])
    }

    @Test func previousIsWhatARollbackBringsBack() throws {
        try shelf.addLive("stories", count: 3)
        try shelf.registry.rollback("stories", by: shelf.by)
        try shelf.registry.clearAlias("production", of: "stories", by: shelf.by)
        try shelf.registry.rollback("stories", by: shelf.by)
        try shelf.registry.rollback("stories", by: shelf.by)
        #expect(try path("production") == [1, 2, 3, 2, 0, 2, 1])
        #expect(try path("previous") == [1, 2, 1, 2, 1, 0])
        for body in [
            { _ = try shelf.registry.setAlias("previous", to: reference("stories:1"), by: shelf.by) },
            { _ = try shelf.registry.rollback("stories", alias: "previous", by: shelf.by) },
            { _ = try shelf.registry.clearAlias("previous", of: "stories", by: shelf.by) },
        ] {
            #expect(registryError(body)?.code == .invalid)
        }
        #expect(try shelf.registry.verify().isSound)
    }

    @Test func aMoveToWhereItIsIsNone() throws {
        try shelf.addLive("stories", count: 1)
        let first = try shelf.registry.moves(of: "stories")
        let again = try shelf.registry.setAlias("production", to: reference("stories:1"), by: shelf.by)
        #expect(try shelf.registry.moves(of: "stories") == first && again == first.last)
        try shelf.registry.clearAlias("production", of: "stories", by: shelf.by)
        let cleared = try shelf.registry.clearAlias("production", of: "stories", by: shelf.by)
        #expect(cleared.kind == .clear)
        #expect(registryError { try shelf.registry.clearAlias("x", of: "stories", by: shelf.by) }?.code == .notFound)
    }

    @Test func whatWasLiveAtATimeIsKnown() throws {
        try shelf.addLive("stories", count: 1)
        try shelf.add("poems", [7])
        let before = try #require(shelf.registry.moves(of: "stories").first).made.date
        usleep(5000)
        let between = Registry.now
        usleep(5000)
        try shelf.add("stories", [2], alias: "production")
        func live(_ date: Date) throws -> [Int?] { try shelf.registry.live(at: date).map(\.version) }
        #expect(try live(before.addingTimeInterval(-1)).isEmpty)
        #expect(try live(before) == [1])
        #expect(try live(between) == [1])
        #expect(try live(Registry.now) == [2])
        try shelf.registry.clearAlias("production", of: "stories", by: shelf.by)
        #expect(try live(Registry.now).isEmpty)
        #expect(try live(between) == [1])
        #expect(try shelf.registry.live(at: Registry.now, model: "poems").isEmpty)
        #expect(registryError { _ = try shelf.registry.live(at: between, model: "x") }?.code == .notFound)
    }

    /// Now is what aliases point to, whatever the clock says.
    @Test func whatIsLiveNowIsWhatAliasesPointTo() throws {
        try shelf.addLive("stories", count: 1)
        try shelf.add("stories", [2])
        try shelf.registry.write { db in
            try db.execute(
                sql: """
                    INSERT INTO alias_move (model_id, alias, kind, variant_id, below, made_at, made_by)
                    VALUES (1, 'production', 'set', 2, 1, '2100-01-01 00:00:00.000', 'x')
                    """)
        }
        #expect(try shelf.registry.live().map(\.version) == [2])
        #expect(try shelf.registry.live(model: "stories").map(\.version) == [2])
        #expect(try shelf.registry.live(at: Registry.now).map(\.version) == [1])
        #expect(try shelf.registry.live(alias: "candidate").isEmpty)
        try shelf.registry.clearAlias("production", of: "stories", by: shelf.by)
        #expect(try shelf.registry.live().isEmpty)
    }

    @Test func aliasesOfAModelHaveALimit() throws {
        try shelf.add("stories", [1])
        try shelf.registry.write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (
                        SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(RegistryLimits.aliasesMax))
                    INSERT INTO alias_move (model_id, alias, kind, variant_id, made_at, made_by)
                    SELECT 1, 'a' || i, 'set', 1, '2026-01-01 00:00:00.000', 'x' FROM n
                    """)
        }
        let error = registryError { try shelf.registry.setAlias("one-more", to: reference("stories:1"), by: shelf.by) }
        #expect(error?.code == .limitExceeded, "\(error?.message ?? "")")
        try shelf.registry.clearAlias("a1", of: "stories", by: shelf.by)
        try shelf.registry.setAlias("a1", to: reference("stories:1"), by: shelf.by)
    }

    /// A clock that was set back does not turn the order of moves around.
    @Test func movesGoForwardInTime() throws {
        try shelf.addLive("stories", count: 1)
        let future = "2100-01-01 00:00:00.000"
        try shelf.registry.write { db in
            try db.execute(
                sql: """
                    INSERT INTO alias_move (model_id, alias, kind, variant_id, made_at, made_by)
                    VALUES (1, 'candidate', 'set', 1, ?, 'x')
                    """, arguments: [future])
        }
        try shelf.add("stories", [2], alias: "candidate")
        let moves = try shelf.registry.moves(of: "stories", alias: "candidate")
        #expect(moves.map(\.version) == [1, 2])
        #expect(moves[0].made.date == moves[1].made.date)
        #expect(try shelf.registry.live(at: moves[1].made.date, alias: "candidate").map(\.version) == [2])
        #expect(try shelf.registry.verify().isSound)
    }

    /// Who rolls back what has moved meanwhile is told, and nothing is changed.
    @Test func aRollbackMayExpectWhatItLeaves() throws {
        let shelf = try Shelf()
        try shelf.addLive("stories", count: 3)
        let error = registryError {
            try shelf.registry.rollback("stories", from: try reference("stories:2/f16"), by: shelf.by)
        }
        #expect(
            error?.code == .conflict && error?.message.contains("stories:3/f16") == true, "\(String(describing: error))"
        )
        #expect(try shelf.production("stories") == 3)
        try shelf.registry.rollback("stories", from: try reference("stories:3/f16"), by: shelf.by)
        #expect(try shelf.production("stories") == 2)
    }
}
