import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse rollout` where no server carries anything out.
@Suite struct RolloutTests {
    let registry: TwoVersions

    init() throws { registry = try TwoVersions() }

    private var home: TemporaryFolder { registry.home }

    private func terse(_ arguments: [String]) throws -> Program.Result { try registry.terse(arguments) }

    private func rollout(_ arguments: String...) throws -> JSONValue {
        let result = try terse(["rollout"] + arguments + ["--json"])
        try #require(result.status == 0, "\(arguments): \(result.summary)")
        return try JSONValue.parse(Array(result.output.utf8))
    }

    private func live() throws -> Int? {
        let result = try terse(["models", "live", "stories", "--json"])
        return try JSONValue.parse(Array(result.output.utf8))[0]?["version"]?.intValue
    }

    @Test func peopleDecide() throws {
        let begun = try rollout(
            "start", "stories@candidate", "--weights", "10,50,100", "--by", "ann", "--why", "smaller")
        #expect(begun["candidate"] == "stories:2/q8_0" && begun["stable"] == "stories:1/f16")
        #expect(begun["phase"] == "step 1 of 2" && begun["weight"]?.doubleValue == 0.1 && begun["by"] == "ann")
        #expect(try rollout("pause", "stories", "--why", "a holiday")["paused"] == true)
        #expect(try terse(["rollout", "status"]).output.contains("paused: a holiday"))
        #expect(try rollout("resume", "stories")["paused"] == false)
        let status = try rollout("status", "stories")
        #expect(status[0]?["criteria"]?.arrayValue?.count == 4 && status[0]?["pairs"] == 0)
        #expect(try live() == 1)
        #expect(try rollout("promote", "stories", "--why", "urgent")["phase"] == "promoted")
        #expect(try live() == 2)
        #expect(try rollout("status").arrayValue?.isEmpty == true)
        let history = try rollout("history", "stories")
        let events = history[0]?["events"]?.arrayValue?.map { $0["event"]?.stringValue }
        #expect(events == ["begun", "paused", "resumed", "promoted"])
        let table = try terse(["rollout", "history", "stories"]).output
        #expect(table.contains("promoted") && table.contains("urgent"), "\(table)")
    }

    @Test func anAbortedOneMayBeginAgain() throws {
        _ = try rollout("start", "stories:2")
        #expect(try rollout("abort", "stories", "--why", "the wrong file")["running"] == false)
        #expect(try live() == 1)
        #expect(try rollout("start", "stories:2")["id"] == 2)
    }

    @Test func plansAreReadStrictly() throws {
        let cases = [
            ("weights: [1, 5]\npatiense: 3\n", "patience"), ("weights: [60]\n", "plan.yaml:1: weights: "),
            ("weights: [x]\n", "\"x\""),
            ("criteria:\n  quality: {tolerated: 1}\n", "intolerable"),
            ("criteria:\n  speed: {tolerated: 1}\n", "speed"),
            ("pairs_per_step: 0\n", "plan.yaml:1: pairs_per_step: "), ("- 1\n", "expected keys"),
        ]
        for (text, word) in cases {
            let result = try terse(["rollout", "start", "stories:2", "--plan", try home.write(text.utf8, "plan.yaml")])
            #expect(result.status == 1 && result.errors.contains(word), "\(text): \(result.summary)")
        }
        let plan = """
            weights: [20, 50, 100]
            pairs_per_step: 30
            shadow_pairs: 10
            patience: 1.5
            patience_max: 20
            criteria:
              error_rate: {tolerated: 0, intolerable: 0.05}
            """
        let begun = try rollout(
            "start", "stories:2", "--plan", try home.write(plan.utf8, "plan.yaml"), "--pairs", "20")
        #expect(begun["phase"] == "shadow" && begun["plan"]?["pairs_per_step"] == 20)
        #expect(begun["plan"]?["weights"]?.arrayValue?.compactMap(\.doubleValue) == [20, 50])
        #expect(begun["criteria"]?.arrayValue?.map { $0["metric"]?.stringValue } == ["error_rate"])
        // What is printed can be given back.
        let printed = try #require(begun["plan"])
        let file = try home.write(printed.serialized(pretty: true).utf8, "printed.json")
        _ = try rollout("abort", "stories")
        #expect(try rollout("start", "stories:2", "--plan", file)["plan"] == printed)
    }

    @Test func whatIsWrongIsNamed() throws {
        let start = ["start", "stories:2"]
        let cases: [([String], String, Int)] = [
            (["start", "stories:1"], "stories:1", 1), (["start", "stories:7"], "7", 1),
            (["start", "stories"], "version", 64),
            (start + ["--weights", "5,1"], "--weights: expected growing", 64),
            (start + ["--weights", "60"], "up to 50, found 60", 64),
            (start + ["--weights", "x"], "--weights: expected numbers in percent, found \"x\"", 64),
            (start + ["--pairs", "0"], "--pairs: expected at least 1, found 0", 64),
            (start + ["--pairs", "30000", "--shadow", "5"], "--pairs, --shadow: expected pairs_max", 64),
            (start + ["--patience", "0"], "--patience: expected more than 0 and at most 259200 seconds, found 0", 64),
            (start + ["--patience", "1e30"], "found 1e+30", 64), (start + ["--patience", "nan"], "found nan", 64),
            (["abort", "stories"], "no rollout", 1),
            (["pause", "poems"], "poems", 1), (["status", "poems"], "poems", 1),
        ]
        for (arguments, word, status) in cases {
            let result = try terse(["rollout"] + arguments)
            #expect(Int(result.status) == status && result.errors.contains(word), "\(arguments): \(result.summary)")
        }
        #expect(try rollout("status").arrayValue?.isEmpty == true)
    }
}
