import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse route simulate` on a trace of stretches of this repository's documents, made by
/// `Benchmarks/routing-trace --text docs/serving.md --text docs/formats.md --per-text 20` with the models of the novels.
@Suite struct RouteTests {
    private static let trace = TestData.fixture("routing.jsonl")

    private func simulate(_ arguments: [String], input: String? = nil) throws -> Program.Result {
        try Program.run(["route", "simulate"] + arguments, input: input)
    }

    private func report(_ arguments: [String]) throws -> JSONValue {
        let result = try simulate(["--trace", Self.trace, "--json"] + arguments)
        try #require(result.status == 0 && result.errors.isEmpty, "\(result.summary)")
        return try JSONValue.parse(Array(result.output.utf8))
    }

    private func rows(_ arguments: [String]) throws -> [JSONValue] {
        try #require(try report(arguments)["rows"]?.arrayValue)
    }

    /// The trace's requests.
    private func requests() throws -> [JSONValue] {
        let text = try String(contentsOfFile: Self.trace, encoding: .utf8)
        return try text.split(separator: "\n").dropFirst().map { try JSONValue.parse(Array($0.utf8)) }
    }

    /// References are means over the requests that are not learned from, as the file has them.
    @Test func referencesAreThoseOfTheFile() throws {
        let requests = try requests()
        let learned = requests.count / 4
        let made = try report(["--policies", "always=novels-3m,always=novels-11m", "--learning-share", "0.25"])
        #expect(made["learned"]?.intValue == learned && made["judged"]?.intValue == requests.count - learned)
        #expect(made["best"]?.stringValue == "novels-11m" && made["least"]?.stringValue == "novels-3m")
        let rows = try #require(made["rows"]?.arrayValue)
        #expect(rows.map { $0["policy"]?.stringValue } == ["always novels-3m", "always novels-11m"])
        for (row, variant) in zip(rows, ["novels-3m", "novels-11m"]) {
            let answers = requests.dropFirst(learned).compactMap { $0["answers"]?[variant] }
            for member in ["bits_per_byte", "joules"] {
                let mean = answers.compactMap { $0[member]?.doubleValue }.reduce(0, +) / Double(answers.count)
                #expect(abs(try #require(row[member]?.doubleValue) / mean - 1) < 1e-12, "\(row)")
            }
        }
        #expect(rows[1]["time_ratio"]?.doubleValue == 1 && rows[1]["best_share"]?.doubleValue == 1)
    }

    /// Without a list there is every kind; a listed policy has the row that it has among all.
    @Test func listedPoliciesAreThoseOfAll() throws {
        let all = try rows([])
        let listed = [
            "always=novels-3m", "random=0.5", "oracle=1.2", "router=efficient", "router=1.2", "cascade-share=0.3",
            "cascade-gain=1.2",
        ]
        let found = try rows(["--policies", listed.joined(separator: ",")])
        let names = [
            "always novels-3m", "random", "oracle", "router efficient", "router", "cascade share", "cascade gain",
        ]
        #expect(found.map { $0["policy"]?.stringValue } == names)
        for row in found { #expect(all.contains(row), "\(row)") }
        #expect(all.count > 50 && Set(all.compactMap { $0["policy"]?.stringValue }).isSuperset(of: names))
    }

    /// What a file spells is what the list says shorter.
    @Test func aFilesPoliciesAreReplayed() throws {
        let scratch = try TemporaryFolder()
        let file = try scratch.write(Data(Self.policies.utf8), "policies.yaml")
        let found = try rows(["--policies", "router=quality", "--policy-file", file])
        #expect(
            found.map { $0["policy"]?.stringValue }
                == ["router quality", "policy plain", "policy weighed", "policy cascade", "policy strict"])
        let named = try rows(["--policies", "router=quality,router=1.2,cascade-share=0.3"])
        for (own, known) in zip(found.dropFirst(), named) {
            for member in ["bits_per_byte", "seconds", "joules", "best_share"] {
                #expect(own[member] == known[member], "\(own) \(known)")
            }
        }
        // Nobody is as fast as it demands but the smaller variant, on prompts of any length.
        #expect(found[4]["best_share"]?.doubleValue == 0, "\(found[4])")
        #expect(try #require(found[0]["best_share"]?.doubleValue) > 0)
    }

    private static let policies = """
        policies:
          - name: plain
            trade_off: quality
            exploration_share: 0.1
          - name: weighed
            weights: {quality: 1, time: 1.2}
            tenants: [a, b]
          - name: cascade
            weights: {quality: 1, time: 1, energy: 0, cost: 0}
            cascade: {rule: share, share: 0.3, probe_tokens: 16}
            tenants: c
          - name: strict
            trade_off: quality
            limits: {time_per_output_token_max: 1e-9, quality_loss_max: 8, joules_max: 1e6, cost_max: 1}
        """

    @Test func tablesAreForPeople() throws {
        let text = try String(contentsOfFile: Self.trace, encoding: .utf8)
        let result = try simulate(["--trace", "-", "--policies", "always=novels-11m,router=1.2"], input: text)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.summary)")
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        try #require(lines.count == 6, "\(result.summary)")
        #expect(lines[0].hasPrefix("learned from 18 requests, judged by 18; best variant novels-11m, least"))
        #expect(lines[2].hasPrefix("policy") && lines[3].hasPrefix("always novels-11m") && lines[5].isEmpty)
        let cells = lines[4].split(separator: " ").map(String.init)
        let row = try #require(
            try rows(["--policies", "router=1.2"]).first?["bits_per_byte"]?.doubleValue)
        #expect(cells[0] == "router" && cells[1] == "1.20" && cells[2] == String(format: "%.4f", row), "\(lines[4])")
    }

    /// Nobody has to ask for a reading that never ends.
    @Test(arguments: [SIGINT, SIGTERM]) func oneSignalEndsIt(signal: Int32) throws {
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["route", "simulate", "--trace", "-"]
        let (input, errors) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        // More than a pipe holds: when all is written, it is reading.
        try input.fileHandleForWriting.write(contentsOf: Data(repeating: 0x20, count: 1 << 20))
        kill(process.processIdentifier, signal)
        #expect(Program.wait(for: process) == 128 + signal)
    }

    @Test func wrongUsageIsRefused() throws {
        let cases: [([String], String)] = [
            ([], "--trace"),
            (["--policies", "best=1"], "\"best=1\": expected one of always=VARIANT"),
            (["--policies", "random"], "\"random\": expected"),
            (["--policies", "router=1,"], "\"\": expected"),
            (["--policies", "router=fast"], "\"router=fast\": expected"),
            (["--policies", "random=1.5"], "random=1.5: random: expected a share of 0 to 1, found 1.5"),
            (["--policies", "router=-1"], "weights: time: expected a number of at least 0.0, found -1.0"),
            (["--policies", "cascade-share=1"], "cascade: expected a share above 0 and below 1, found 1.0"),
            (["--learning-share", "1.1"], "--learning-share must be from 0 to 1, found 1.1"),
            (["--scored-share", "nan"], "--scored-share must be from 0 to 1, found nan"),
        ]
        for (arguments, message) in cases {
            let result = try simulate((arguments.isEmpty ? [] : ["--trace", Self.trace]) + arguments)
            #expect(result.status == 64 && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(message), "\(result.summary)")
        }
    }

    @Test func errorsNameFileLineAndMember() throws {
        let scratch = try TemporaryFolder()
        let lines = try String(contentsOfFile: Self.trace, encoding: .utf8).split(separator: "\n").prefix(4)
        let text = lines.joined(separator: "\n")
        let cases: [(String, String)] = [
            ("", "trace.jsonl: expected profiles and requests, found 0 lines"),
            (text.replacing("\"time\": 1,", with: "\"time\": -1,"), "trace.jsonl: line 3: time: expected a number"),
            (text.replacing("\"joules\"", with: "\"juoles\""), "trace.jsonl: line 2: answers: novels-11m: juoles: "),
            (lines.prefix(2).joined(separator: "\n"), "trace.jsonl: expected two requests or more to judge, found 1"),
        ]
        for (text, message) in cases {
            let file = try scratch.write(Data(text.utf8), "trace.jsonl")
            let result = try simulate(["--trace", file])
            #expect(result.status == 1 && result.output.isEmpty, "\(result.summary)")
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(message), "\(result.summary)")
        }
        for (arguments, message) in [
            (["--trace", "/no/such/file"], "/no/such/file: cannot read: No such file or directory"),
            (["--trace", scratch.url.path], "cannot read: Is a directory"),
            (["--trace", Self.trace, "--policies", "always=huge"], "routing.jsonl: always: expected one of"),
        ] {
            let result = try simulate(arguments)
            #expect(result.status == 1 && result.errors.contains(message), "\(result.summary)")
        }
    }

    /// Files of policies that are wrong, and what is said of them.
    @Test(arguments: [
        ("policies: []", ":1: policies: expected 1 to 64, found 0"),
        ("policy: x", "policies is missing"),
        ("policies: [{name: a}]", "policies[0].trade_off is missing"),
        ("policies: [{trade_off: quality}]", "policies[0].name is missing"),
        ("policies: [{name: a, trade_off: fast}]", ":1: policies[0].trade_off: expected quality, balanced, efficient"),
        ("policies:\n- name: a\n  trade_of: quality", ":3: policies[0].trade_of: unknown key; did you mean trade_off?"),
        ("policies:\n- name: a\n  weights: {time: 0}", ":3: policies[0].weights: weights: expected at least one above"),
        ("policies:\n- name: a\n  weights: {time: -1}", ":3: policies[0].weights.time: expected a number from 0.0"),
        ("policies:\n- name: a\n  weights: {speed: 1}", ":3: policies[0].weights.speed: unknown key"),
        ("policies: [{name: a, trade_off: quality}]\ntenants: {}", ":2: tenants: unknown key"),
    ])
    func badPolicyFilesAreErrors(text: String, message: String) throws { try refuses(text, message) }

    /// What stands below a good policy, in it or after it.
    @Test(arguments: [
        ("  colour: red", ":4: policies[0].colour: unknown key"),
        ("  weights: {time: 1}", ":4: policies[0].weights: is of no use beside trade_off"),
        ("  limits: {joules: 1}", ":4: policies[0].limits.joules: unknown key"),
        ("  limits: {joules_max: 0}", ":4: policies[0].limits.joules_max: expected a number above 0, found 0"),
        ("  exploration_share: 0.2", ":4: policies[0].exploration_share: expected a number from 0.0 to 0.1, found"),
        ("  cascade: {probe_tokens: 4}", "policies[0].cascade.rule is missing"),
        ("  cascade: {rule: share}", "policies[0].cascade.share is missing"),
        ("  cascade: {rule: share, share: 1}", "cascade.share: cascade: expected a share above 0 and below 1"),
        ("  cascade: {rule: gain, share: 0.5}", ":4: policies[0].cascade.share: is of no use with the rule gain"),
        ("  cascade: {rule: gain, probe_tokens: 0}", "cascade.probe_tokens: expected a whole number from 1 to 4096"),
        ("  tenants: [x, x]", ":4: policies[0].tenants: expected at most 4096, none of them twice"),
        ("- {name: a, trade_off: quality}", ":4: policies[1].name: expected each name once, found \"a\" again"),
        (
            "  tenants: x\n- {name: b, trade_off: quality, tenants: [y, x]}",
            ":5: policies[1].tenants: expected each tenant once, found \"x\" again"
        ),
    ])
    func badKeysAreErrors(text: String, message: String) throws {
        try refuses("policies:\n- name: a\n  trade_off: quality\n" + text, message)
    }

    private func refuses(_ text: String, _ message: String) throws {
        let scratch = try TemporaryFolder()
        let file = try scratch.write(Data(text.utf8), "policies.yaml")
        let result = try simulate(["--trace", Self.trace, "--policy-file", file])
        #expect(result.status == 1 && result.output.isEmpty, "\(result.summary)")
        #expect(result.errors.hasPrefix("error: ") && result.errors.contains("policies.yaml"), "\(result.summary)")
        #expect(result.errors.contains(message), "\(result.summary)")
    }
}
