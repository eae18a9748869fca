import Foundation
import GRDB
import TestSupport
import Testing

@testable import TerseRegistry

/// What was measured, kept.
@Suite struct ProfileTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    private static let figure = Profile.Figure(
        quantity: "joules_per_token", unit: "J/token", value: 0.5, low: 0.4, high: 0.6, samples: 9,
        method: "order_statistics", basis: .estimated)

    private static func profile(_ figures: [Profile.Figure] = [figure]) -> Profile {
        Profile(
            host: "epyc-2", hostDetails: #"{"cores":2}"#, textName: "heldout", textHash: .of("text".utf8),
            program: "terse 1", conditions: #"{"threads":2}"#, figures: figures)
    }

    private func add(_ variants: [String], _ name: String = "stories") throws {
        let staging = try shelf.registry.stage()
        let drafts = try variants.map { try shelf.draft($0, Array("\(name) \($0)".utf8), in: staging) }
        _ = try shelf.registry.add(name, Lineage(), drafts, by: shelf.by)
    }

    @Test func profilesAreKept() throws {
        try add(["f16", "q8_0"])
        var profile = Self.profile()
        profile.parent = try reference("stories:1/f16")
        let kept = try shelf.registry.record(profile, of: reference("stories:1/q8_0"), by: shelf.by)
        #expect(kept.profile == profile && kept.reference.description == "stories:1/q8_0")
        #expect(kept.made.author == "tester" && kept.made.reason == "a test")
        #expect(try shelf.registry.profiles(of: reference("stories:1/q8_0")) == [kept])
        #expect(try shelf.registry.profiles(of: reference("stories:1/f16")).isEmpty)
        try shelf.registry.record(Self.profile(), of: reference("stories:1/f16"), by: shelf.by)
        #expect(try shelf.registry.profiles(ofModel: "stories").map(\.variant) == ["q8_0", "f16"])
        #expect(try shelf.registry.history(of: "stories").count { $0.event == .profileRecorded } == 2)
        #expect(try shelf.registry.verify().isSound)
        // The record outlives the files.
        try shelf.registry.remove(reference("stories:1/q8_0"), by: shelf.by)
        #expect(try shelf.registry.profiles(ofModel: "stories").count == 2)
        #expect(registryError { _ = try shelf.registry.profiles(ofModel: "novels") }?.code == .notFound)
    }

    @Test func theNewestOfEachVariantOnAHostIsFound() throws {
        try add(["f16", "q8_0"])
        var other = Self.profile()
        other.host = "xeon-8"
        for (profile, variant) in [
            (Self.profile(), "f16"), (Self.profile(), "q8_0"), (Self.profile(), "f16"), (other, "f16"),
        ] {
            try shelf.registry.record(profile, of: reference("stories:1/\(variant)"), by: shelf.by)
        }
        let all = try shelf.registry.profiles(ofModel: "stories")
        #expect(try shelf.registry.newestProfiles(ofModel: "stories", onHost: "epyc-2") == [all[1], all[2]])
        #expect(try shelf.registry.newestProfiles(ofModel: "stories", onHost: "xeon-8") == [all[3]])
        #expect(try shelf.registry.newestProfiles(ofModel: "stories", onHost: "arm").isEmpty)
    }

    @Test func figuresAreFoundByQuantityAndBatch() {
        let figures = [1, 8].map { batch in
            Profile.Figure(
                quantity: Profile.Quantity.generationRate.rawValue, unit: "token/s", batch: batch,
                value: Double(batch), low: 0, high: 9, samples: 6, method: "m", basis: .measured)
        }
        let profile = Self.profile(figures)
        #expect(profile.figure(.generationRate)?.value == 1 && profile.figure(.generationRate, batch: 8)?.value == 8)
        #expect(profile.figure(.generationRate, batch: 4) == nil && profile.figure(.perplexity) == nil)
        #expect(Profile.Quantity.allCases.allSatisfy { !$0.unit.isEmpty })
    }

    @Test func whatCannotBeIsRefused() throws {
        try add(["f16"])
        func changed(_ change: (inout Profile) throws -> Void) rethrows -> Profile {
            var profile = Self.profile()
            try change(&profile)
            return profile
        }
        func figure(
            _ quantity: String = "loss", unit: String = "1", batch: Int = 1, value: Double = 1, low: Double = 1,
            high: Double = 1, samples: Int = 1, method: String = "m"
        ) -> Profile {
            Self.profile([
                Profile.Figure(
                    quantity: quantity, unit: unit, batch: batch, value: value, low: low, high: high,
                    samples: samples, method: method, basis: .measured)
            ])
        }
        let bad: [(Profile, RegistryError.Code, String)] = [
            (figure(value: 1, low: 2, high: 3), .invalid, "loss: expected a value within its interval, found 1.0"),
            (figure(value: .nan, low: 0, high: 3), .invalid, "within its interval"),
            (figure(value: 1, low: -.infinity), .invalid, "within its interval"),
            (figure(""), .invalid, "quantity"), (figure(unit: ""), .invalid, "unit of loss"),
            (figure(method: "a\u{0}b"), .invalid, "NUL"), (figure(batch: 0), .invalid, "found 0 and 1"),
            (figure(samples: 0), .invalid, "found 1 and 0"),
            (figure(String(repeating: "x", count: 101)), .limitExceeded, "quantity"),
            (Self.profile([]), .invalid, "at least one figure"),
            (Self.profile([Self.figure, Self.figure]), .invalid, "found two"),
            (changed { $0.host = "" }, .invalid, "host"), (changed { $0.program = "" }, .invalid, "program"),
            (changed { $0.hostDetails = "[" }, .invalid, "details"),
            (changed { $0.conditions = "[]" }, .invalid, "conditions"),
            (changed { $0.conditions = "{} {}" }, .invalid, "conditions"),
            (try changed { $0.parent = try reference("stories:1/f16") }, .conflict, "found itself"),
            (try changed { $0.parent = try reference("stories:1/q4_0") }, .notFound, "no variant q4_0"),
        ]
        for (profile, code, message) in bad {
            let error = registryError { try shelf.registry.record(profile, of: reference("stories"), by: shelf.by) }
            #expect(error?.code == code && error?.message.contains(message) == true, "\(error?.message ?? message)")
        }
        #expect(try shelf.registry.profiles(ofModel: "stories").isEmpty)
    }

    private func sqlite(_ sql: String) throws -> (status: Int32, output: String) {
        try Script.run("sqlite.py", ["\(shelf.home)/registry.sqlite", sql])
    }

    /// Whoever writes: nothing is changed, and new rows are whole.
    @Test func theDatabaseKeepsTheRules() throws {
        try add(["f16"])
        try shelf.registry.record(Self.profile(), of: reference("stories"), by: shelf.by)
        let read = try sqlite(
            "SELECT quantity, unit, value, low, high, samples, basis, program, text_name FROM profile_figure "
                + "JOIN profile ON profile.id = profile_id")
        #expect(read.output == "joules_per_token|J/token|0.5|0.4|0.6|9|estimated|terse 1|heldout\n", "\(read)")
        let columns = "(variant_id, host, host_details, program, conditions, made_at, made_by)"
        let time = "'2026-01-01 00:00:00.000', 'x'"
        let refused = [
            ("UPDATE profile SET host = 'x'", "kept as they are"),
            ("DELETE FROM profile_figure", "kept as they are"),
            ("INSERT INTO profile \(columns) VALUES (1, 'h', '{}', NULL, '{}', \(time))", "what measured it"),
            ("INSERT INTO profile \(columns) VALUES (1, 'h', '{}', 'p', '[]', \(time))", "CHECK"),
            ("INSERT INTO profile \(columns) VALUES (1, 'h', '{}', 'p' || char(0), '{}', \(time))", "NUL"),
            (
                "INSERT INTO profile_figure (profile_id, quantity, batch, value, low, high, basis) "
                    + "VALUES (1, 'q', 1, 1, 1, 1, 'measured')", "says its unit"
            ),
            (
                "INSERT INTO profile_figure VALUES (1, 'q', 1, 1, 1, 1, 'guessed', 'u', 1, 'm')", "CHECK"
            ),
            (
                "INSERT INTO profile_figure VALUES (1, 'q', 1, 1, 1, 1, 'measured', 'u', 0, 'm')", "CHECK"
            ),
        ]
        for (sql, message) in refused {
            let result = try sqlite(sql)
            #expect(result.status == 1 && result.output.contains(message), "\(sql): \(result)")
        }
        // A profile without figures is what no program of this kind leaves behind.
        _ = try sqlite("INSERT INTO profile \(columns) VALUES (1, 'h', '{}', 'p', '{}', \(time))")
        #expect(try shelf.registry.verify().problems == ["profile 2 has no figures"])
    }

    /// Profiles of the second schema say less, and are read.
    @Test func olderProfilesAreReadable() throws {
        let folder = try TemporaryFolder()
        let queue = try DatabaseQueue(path: folder.path("registry.sqlite"))
        try Schema.migrator.migrate(queue, upTo: "2")
        try queue.write { db in
            let made = "'2026-01-01 00:00:00.000', 'x'"
            let hash = String(repeating: "a", count: 64)
            try db.execute(
                sql: """
                    INSERT INTO model (name, made_at, made_by) VALUES ('stories', \(made));
                    INSERT INTO version (model_id, number, made_at, made_by) VALUES (1, 1, \(made));
                    INSERT INTO variant (version_id, name, format, entry, digest, made_at, made_by)
                    VALUES (1, 'f16', 'gguf', 'm.gguf', '\(hash)', \(made));
                    INSERT INTO variant_file VALUES (1, 'm.gguf', '\(hash)', 1);
                    INSERT INTO profile (variant_id, host, host_details, made_at, made_by)
                    VALUES (1, 'h', '{}', \(made));
                    INSERT INTO profile_figure VALUES (1, 'joules_per_token', 1, 0.5, 0.4, 0.6, 'estimated');
                    """)
        }
        try queue.close()
        let profiles = try Registry(home: folder.url).profiles(ofModel: "stories")
        #expect(profiles.count == 1 && profiles[0].profile.program == "unknown")
        let figure = try #require(profiles.first?.profile.figures.first)
        #expect(figure.value == 0.5 && figure.unit == "unknown" && figure.samples == 1)
    }
}
