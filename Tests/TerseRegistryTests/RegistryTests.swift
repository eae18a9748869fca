import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

@Suite struct RegistryTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    @Test func versionsAreNumberedAndKeepTheirLineage() throws {
        var lineage = Lineage()
        lineage.summary = "small"
        lineage.recipe = "steps: 3\n"
        lineage.datasets = [
            Lineage.Dataset(name: "novels", sha256: String(repeating: "a", count: 64), byteCount: 5),
            Lineage.Dataset(name: "poems"),
        ]
        lineage.metrics = [Lineage.Metric(name: "bits_per_byte", value: 1.25)]
        #expect(try shelf.add("stories", [1], lineage: lineage).number == 1)
        var child = Lineage()
        child.parent = try reference("stories:1")
        #expect(try shelf.add("stories", [2], lineage: child).number == 2)
        #expect(try shelf.add("poems", [2]).number == 1)
        let first = try shelf.registry.version(reference("stories:1"))
        #expect(first.lineage == lineage)
        #expect(first.made.author == "tester" && first.made.reason == "a test")
        #expect(first.variants.map(\.name) == ["f16"] && first.variants[0].files.map(\.path) == ["model.gguf"])
        #expect(try shelf.registry.version(reference("stories")).lineage.parent == reference("stories:1"))
        let models = try shelf.registry.models()
        #expect(models.map(\.name) == ["poems", "stories"] && models.map(\.versionCount) == [1, 2])
        #expect(models[1].byteCount == 2 && models[1].newestVersion == 2)
    }

    @Test func equalFilesAreKeptOnce() throws {
        let staging = try shelf.registry.stage()
        let bytes = Array("the same".utf8)
        let first = try shelf.draft("a", ["x.gguf": bytes, "y.gguf": bytes, "z.gguf": [1]], in: staging)
        let second = try shelf.draft("b", bytes, in: staging)
        _ = try shelf.registry.add("stories", Lineage(), [first, second], by: shelf.by)
        try shelf.add("poems", bytes)
        #expect(try shelf.blobs().count == 2)
        #expect(try shelf.registry.model("stories").byteCount == 9)
        #expect(try shelf.registry.verify().isSound)
    }

    @Test func whatIsWrongChangesNothing() throws {
        try shelf.add("stories", [1])
        let staging = try shelf.registry.stage()
        let good = try shelf.draft("f16", [2], in: staging)
        let blob = good.files[0].blob
        func variant(_ path: String, _ entry: String? = nil) -> VariantDraft {
            VariantDraft(
                name: "f16", format: .gguf, entry: entry ?? path, files: [VariantDraft.File(path: path, blob: blob)])
        }
        var nonsense = Lineage()
        nonsense.metrics = [Lineage.Metric(name: "loss", value: .nan)]
        var orphan = Lineage()
        orphan.parent = try reference("stories:7")
        let cases: [(RegistryError.Code, () throws -> Void)] = [
            (.invalid, { _ = try shelf.registry.add("a/b", Lineage(), [good], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("stories", Lineage(), [], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("stories", Lineage(), [good, good], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("stories", nonsense, [good], by: shelf.by) }),
            (.notFound, { _ = try shelf.registry.add("stories", orphan, [good], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("s", Lineage(), [variant("../x")], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("s", Lineage(), [variant("/x")], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("s", Lineage(), [variant("a//x")], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("s", Lineage(), [variant("x", "y")], by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("s", Lineage(), [good], alias: "previous", by: shelf.by) }),
            (.invalid, { _ = try shelf.registry.add("s", Lineage(), [good], by: Attribution(author: "")) }),
            (.conflict, { _ = try shelf.registry.add([good], to: reference("stories:1"), by: shelf.by) }),
            (.notFound, { _ = try shelf.registry.add([good], to: reference("stories:2"), by: shelf.by) }),
            (.notFound, { _ = try shelf.registry.add([good], to: reference("novels:1"), by: shelf.by) }),
        ]
        let before = try shelf.registry.history().count
        for (index, (code, body)) in cases.enumerated() {
            #expect(registryError(body)?.code == code, "case \(index)")
        }
        #expect(try shelf.registry.history().count == before)
        #expect(try shelf.registry.models().map(\.name) == ["stories"])
    }

    /// Whoever writes: the constraints are the database's own.
    @Test(arguments: [
        "UPDATE version SET number = 5", "DELETE FROM alias_move", "UPDATE variant_file SET sha256 = zeroblob(32)",
        "DELETE FROM model", "UPDATE alias_move SET reason = 'forged'",
        "INSERT INTO alias_move (model_id, alias, kind, variant_id, made_at, made_by) "
            + "VALUES (1, 'production', 'set', 1, '2000-01-01 00:00:00.000', 'x')",
        "INSERT INTO alias_move (model_id, alias, kind, variant_id, made_at, made_by) "
            + "VALUES (1, 'other', 'set', 99, '2100-01-01 00:00:00.000', 'x')",
        "INSERT INTO alias_move (model_id, alias, kind, made_at, made_by) VALUES (1, 'a', 'set', '2100-01-01 00:00:00.000', 'x')",
        "INSERT INTO removal (variant_id, made_at, made_by) VALUES (1, '2100-01-01 00:00:00.000', 'x')",
        "INSERT INTO model (name, made_at, made_by) VALUES ('a/b', '2100-01-01 00:00:00.000', 'x')",
        "INSERT INTO model (name, made_at, made_by) VALUES ('a', 'yesterday', 'x')",
        "INSERT INTO variant_file VALUES (1, '../x', "
            + "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1)",
        "INSERT INTO variant_file VALUES (1, 'x', 'short', 1)",
        "INSERT INTO variant_file VALUES (1, 'a' || char(10) || 'b', "
            + "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1)",
        "INSERT INTO variant_file VALUES (1, replace(hex(zeroblob(32)), '0', 'a/') || 'x', "
            + "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1)",
        "INSERT INTO model (name, made_at, made_by) VALUES ('a', '2100-01-01 00:00:00.000', 'x' || char(0))",
        "INSERT INTO version (model_id, number, made_at, made_by) "
            + "VALUES (1, 1000000001, '2100-01-01 00:00:00.000', 'x')",
        "INSERT INTO version (model_id, number, parent_id, made_at, made_by) "
            + "VALUES (1, 2, 99, '2100-01-01 00:00:00.000', 'x')",
    ])
    func badStatesCannotBeWritten(sql: String) throws {
        try shelf.addLive("stories", count: 1)
        let error = registryError { try shelf.registry.write { try $0.execute(sql: sql) } }
        #expect(error?.code == .conflict, "\(sql): \(error?.message ?? "was done")")
        #expect(try shelf.registry.verify().isSound)
    }

    @Test func numbersOfVersionsEnd() throws {
        try shelf.add("stories", [1])
        let last = RegistryLimits.versionNumberMax
        try shelf.force(
            """
            INSERT INTO version (model_id, number, made_at, made_by)
            VALUES (1, \(last), '2026-01-01 00:00:00.000', 'x')
            """)
        let error = registryError { try shelf.add("stories", [2]) }
        #expect(error?.code == .limitExceeded && error?.message.contains("\(last)") == true, "\(error?.message ?? "")")
        #expect(try shelf.registry.versions(of: "stories").count == 2)
    }

    /// Swift's own count would take an accent and the letter before it for one character.
    @Test func textsAreCountedAsTheDatabaseDoes() throws {
        let letter = "e\u{301}"
        let longest = String(repeating: letter, count: RegistryLimits.authorCharactersMax / 2)
        let staging = try shelf.registry.stage()
        let draft = try shelf.draft("f16", [1], in: staging)
        func add(_ author: String, _ lineage: Lineage = Lineage()) throws {
            _ = try shelf.registry.add("stories", lineage, [draft], by: Attribution(author: author))
        }
        try add(longest)
        #expect(registryError { try add(longest + letter) }?.code == .limitExceeded)
        let error = registryError { try add("a\0b") }
        #expect(error?.code == .invalid && error?.message.contains("author") == true, "\(error?.message ?? "")")
        var lineage = Lineage()
        lineage.summary = "a\0b"
        #expect(registryError { try add("x", lineage) }?.code == .invalid)
        lineage.summary = String(repeating: letter, count: RegistryLimits.noteCharactersMax)
        #expect(registryError { try add("x", lineage) }?.code == .limitExceeded)
        // The file to open is one of the files by its bytes.
        let blob = draft.files[0].blob
        let file = VariantDraft.File(path: "\(letter).gguf", blob: blob)
        let other = VariantDraft(name: "f16", format: .gguf, entry: "\u{E9}.gguf", files: [file])
        let refused = registryError { _ = try shelf.registry.add("s", Lineage(), [other], by: shelf.by) }
        #expect(refused?.code == .invalid, "\(refused?.message ?? "")")
    }

    @Test func pathsHaveLimits() throws {
        let staging = try shelf.registry.stage()
        let blob = try shelf.draft("f16", [1], in: staging).files[0].blob
        func add(_ path: String) throws {
            let file = VariantDraft.File(path: path, blob: blob)
            let draft = VariantDraft(name: "f16", format: .gguf, entry: path, files: [file])
            _ = try shelf.registry.locate(
                shelf.registry.add("stories", Lineage(), [draft], by: shelf.by).reference)
        }
        let name = String(repeating: "n", count: RegistryLimits.pathPartBytesMax)
        let deep = Array(repeating: "a", count: RegistryLimits.pathDepthMax).joined(separator: "/")
        for path in [name, deep, "a/\u{301}x", "a b/é.gguf"] { try add(path) }
        for path in [
            name + "n", deep + "/a", "a\nb", "a\u{7F}", "../\u{301}x", "a/..", ".", String(repeating: "a/", count: 400),
        ] {
            #expect(registryError { try add(path) }?.code == .invalid, "\(path)")
        }
        #expect(try shelf.registry.versions(of: "stories").count == 4)
    }

    @Test func variantsOfAVersionHaveALimit() throws {
        try shelf.add("stories", [1])
        try shelf.force(
            """
            WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < \(RegistryLimits.variantsMax))
            INSERT INTO variant (version_id, name, format, digest, made_at, made_by)
            SELECT 1, 'v' || i, 'huggingface', '\(String(repeating: "a", count: 64))',
                '2026-01-01 00:00:00.000', 'x' FROM n
            """)
        let staging = try shelf.registry.stage()
        let draft = try shelf.draft("q4_0", [1], in: staging)
        let error = registryError { _ = try shelf.registry.add([draft], to: reference("stories:1"), by: shelf.by) }
        #expect(error?.code == .limitExceeded, "\(error?.message ?? "")")
    }

    @Test func variantsAreFoundByReference() throws {
        let staging = try shelf.registry.stage()
        let drafts = try ["f16", "q4_0"].map { try shelf.draft($0, Array($0.utf8), in: staging) }
        _ = try shelf.registry.add("stories", Lineage(), drafts, by: shelf.by)
        try shelf.add("stories", [2])
        func name(_ text: String) throws -> String {
            let (version, variant) = try shelf.registry.variant(try reference(text))
            return "\(version)/\(variant.name)"
        }
        #expect(try name("stories") == "2/f16")
        #expect(try name("stories:1") == "1/f16")
        #expect(try name("stories:1/q4_0") == "1/q4_0")
        try shelf.registry.setAlias("production", to: reference("stories:1/q4_0"), by: shelf.by)
        #expect(try name("stories") == "1/q4_0")
        #expect(try name("stories@production") == "1/q4_0")
        #expect(try name("stories@production/f16") == "1/f16")
        for absent in ["novels", "stories:3", "stories@candidate", "stories:1/q8_0"] {
            #expect(registryError { _ = try name(absent) }?.code == .notFound, "\(absent)")
        }
    }

    @Test func everythingDoneIsInTheHistory() throws {
        try shelf.addLive("stories", count: 2)
        try shelf.registry.rollback("stories", by: shelf.by)
        try shelf.registry.clearAlias("production", of: "stories", by: shelf.by)
        try shelf.registry.setRollbackDepth(1, of: "stories", by: shelf.by)
        try shelf.add("poems", [9])
        try shelf.registry.remove(reference("poems"), by: Attribution(author: "other", reason: "not ours"))
        let events = try shelf.registry.history(of: "stories").map { "\($0.event.rawValue) \($0.alias ?? "")" }
        #expect(
            Set(events) == [
                "model added ", "version added ", "variant added ", "alias set production", "alias set previous",
                "alias rolled back production", "alias cleared previous", "alias cleared production",
                "rollback depth set ",
            ])
        let all = try shelf.registry.history()
        let removed = all.first { $0.event == .variantRemoved }
        #expect(removed?.model == "poems" && removed?.made.author == "other" && removed?.made.reason == "not ours")
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.made.date <= $1.made.date })
    }
}
