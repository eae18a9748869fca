import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse profile` and what is shown of profiles, on the model that the repository ships.
@Suite struct ProfileTests {
    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private func terse(_ arguments: [String]) throws -> Program.Result {
        try Program.run(arguments, environment: ["TERSE_HOME": home.url.path])
    }

    private func json(_ arguments: [String]) throws -> JSONValue {
        let result = try terse(arguments + ["--json"])
        try #require(result.status == 0, "\(arguments): \(result.summary)")
        return try JSONValue.parse(Array(result.output.utf8))
    }

    /// Rows as Python's SQLite reads them.
    private func rows(_ sql: String) throws -> [String] {
        let python = try #require(Tool.find("python3"))
        let result = try Tool.run(python, [TestData.fixture("rows.py"), home.path("registry.sqlite"), sql])
        return result.output.split(separator: "\n").map(String.init)
    }

    private func text() throws -> String {
        try home.write(Data(String(repeating: TestData.goldenStory + "\n\n", count: 3).utf8), "story.txt")
    }

    private let quick = ["--repetitions", "6", "--batches", "1,2", "--prompt", "16", "--generate", "4"]

    @Test func aVariantIsMeasuredAndKept() throws {
        _ = try json(["models", "add", "stories", Stories.shipped, "--types", "f16,q8_0,q4_0"])
        let text = try text()
        let made = try json(
            ["profile", "stories:1/q4_0", "--text", text, "--context", "128", "--power-model", "10,3", "--why", "x"]
                + quick)
        #expect(made["variant"]?.stringValue == "q4_0" && made["parent"]?.stringValue == "stories:1/f16")
        #expect(made["text"]?["name"]?.stringValue == "story.txt" && made["why"]?.stringValue == "x")
        #expect(made["conditions"]?["energy"]?["idle_watts"]?.doubleValue == 10)
        let figures = made["figures"]?.arrayValue ?? []
        func figure(_ quantity: String, _ batch: Int = 1) throws -> JSONValue {
            try #require(
                figures.first { $0["quantity"]?.stringValue == quantity && $0["batch"]?.intValue == batch },
                "\(quantity)")
        }
        for value in figures {
            let numbers = ["low", "value", "high"].compactMap { value[$0]?.doubleValue }
            #expect(numbers.count == 3 && numbers == numbers.sorted(), "\(value)")
            let isEnergy = value["quantity"]?.stringValue?.contains("joules") == true
            #expect(value["basis"]?.stringValue == (isEnergy ? "estimated" : "measured"), "\(value)")
        }
        // What eval says of the same text.
        let perplexity = try json(
            ["eval", "perplexity", "stories:1/q4_0", "--file", text, "--context", "128"])
        for name in ["perplexity", "bits_per_byte"] {
            let (mine, other) = (try figure(name)["value"]?.doubleValue, perplexity[name]?.doubleValue)
            #expect(abs((mine ?? 0) / (other ?? 1) - 1) < 1e-9, "\(name)")
        }
        let divergence = try json(
            ["eval", "divergence", "stories:1/f16", "stories:1/q4_0", "--file", text, "--context", "128"])
        #expect(
            abs((try figure("kl_divergence")["value"]?.doubleValue ?? 0) - (divergence["mean"]?.doubleValue ?? 1))
                < 1e-9)
        try speedIsWhole(figure)
        let kept = try rows(
            "SELECT quantity, batch, unit, basis FROM profile_figure WHERE quantity LIKE '%bits%' OR quantity LIKE 'load%'"
        )
        #expect(kept == ["bits_per_byte|1|bit/byte|measured", "load_seconds|1|s|measured"], "\(kept)")
        try shows(made)
    }

    private func speedIsWhole(_ figure: (String, Int) throws -> JSONValue) throws {
        // Joules and seconds are of the same runs: at least the idle 10 W.
        let (joules, seconds) = (
            try figure("generation_joules_per_token", 1)["low"]?.doubleValue ?? 0,
            try figure("time_per_output_token_seconds", 1)["low"]?.doubleValue ?? 1
        )
        #expect(joules > 9 * seconds)
        for batch in [1, 2] {
            for name in ["prompt_tokens_per_second", "generation_tokens_per_second", "time_to_first_token_seconds"] {
                #expect(try figure(name, batch)["samples"]?.intValue == 6)
            }
        }
        #expect(try figure("load_seconds", 1)["value"]?.doubleValue ?? 0 > 0)
        #expect(try figure("resident_bytes", 2)["value"]?.doubleValue ?? 0 > 1e6)
    }

    private func shows(_ made: JSONValue) throws {
        let shown = try json(["models", "show", "stories:1"])["variants"]?.arrayValue ?? []
        #expect(shown.map { $0["profile"]?["at"] } == [nil, nil, made["at"]], "\(shown)")
        #expect(try json(["models", "profiles", "stories"]).arrayValue == [made])
        #expect(try json(["models", "profiles", "stories:1/q4_0", "--this-host"]).arrayValue == [made])
        #expect(try json(["models", "profiles", "stories:1/f16"]).arrayValue?.isEmpty == true)
        for arguments in [["show", "stories"], ["show", "stories:1"], ["profiles", "stories"]] {
            let result = try terse(["models"] + arguments)
            #expect(result.output.contains("story.txt") && result.output.contains("~"), "\(result.summary)")
        }
        let full = try terse(["models", "profiles", "stories:1/q4_0"])
        #expect(full.output.contains("compared with stories:1/f16"), "\(full.summary)")
        #expect(full.output.contains("generation_joules_per_token") && full.output.contains("estimated"))
        #expect(try terse(["models", "verify"]).status == 0)
    }

    /// A variant that is the largest has no parent; a second profile stands beside the first, and is the newest.
    @Test func profilesAreNeverReplaced() throws {
        _ = try json(["models", "add", "stories", Stories.shipped])
        let first = try json(["profile", "stories", "--no-quality"] + quick)
        #expect(first["parent"]?.kindName == "null" && first["text"]?.kindName == "null")
        let quantities = Set((first["figures"]?.arrayValue ?? []).compactMap { $0["quantity"]?.stringValue })
        #expect(quantities.isDisjoint(with: ["perplexity", "bits_per_byte", "kl_divergence"]))
        let second = try json(["profile", "stories:1", "--text", try text(), "--context", "128"] + quick)
        #expect(try json(["models", "profiles", "stories"]).arrayValue == [first, second])
        #expect(try json(["models", "show", "stories:1"])["variants"]?[0]?["profile"] == second)
        let history = try json(["models", "history", "stories"]).arrayValue ?? []
        #expect(history.count { $0["event"]?.stringValue == "profile recorded" } == 2)
    }

    @Test func mistakesAreSaidAndNothingIsKept() throws {
        _ = try json(["models", "add", "stories", Stories.shipped])
        let text = try text()
        let short = try home.write(Data("Once upon a time".utf8), "short.txt")
        let cases: [([String], Int32, String)] = [
            (["stories"], 64, "--text FILE"), (["stories", "--text", text, "--no-quality"], 64, "--no-quality"),
            (["stories", "--text", home.path("absent.txt")], 1, "absent.txt: no such file"),
            (["stories", "--text", short], 1, "at least two windows, found 1"),
            (["novels", "--text", text], 1, "there are stories"), (["stories:2", "--text", text], 1, "newest is 1"),
            ([Stories.shipped, "--text", text], 1, "terse models add"),
            (["stories", "--text", text, "--parent", "q4_0"], 1, "no variant q4_0"),
            (["stories", "--text", text, "--parent", "f16"], 1, "found itself"),
            (["stories", "--text", text, "--repetitions", "5"], 64, "--repetitions"),
            (["stories", "--text", text, "--batches", "1,1"], 64, "--batches"),
            (["stories", "--text", text, "--batches", "0"], 64, "--batches"),
            (["stories", "--text", text, "--power-model", "5"], 64, "--power-model"),
            (["stories", "--text", text, "--power-model", "5,-1"], 64, "--power-model"),
            (["stories", "--text", text, "--choice", "chess=f"], 64, "--choice"),
            (["stories", "--text", text, "--choice", "piqa=\(home.path("absent.jsonl"))"], 1, "absent.jsonl"),
            (["stories", "--text", text, "--choice-limit", "3"], 64, "--choice TASK=FILE"),
            (["stories", "--text", text, "--memory", "100 KB"], 1, "100000 are allowed"),
        ]
        for (arguments, status, message) in cases {
            let result = try terse(["profile"] + quick + arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.contains(message), "\(arguments): \(result.summary)")
        }
        #expect(try json(["models", "profiles", "stories"]).arrayValue?.isEmpty == true)
    }

    @Test func anInterruptedProfileLeavesNothing() throws {
        _ = try json(["models", "add", "stories", Stories.shipped])
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["profile", "stories", "--no-quality", "--repetitions", "1000", "--generate", "400"]
        process.environment = Program.merged(["TERSE_HOME": home.url.path])
        let errors = home.url.appending(path: "stderr")
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        Program.wait(for: process) { ((try? Data(contentsOf: errors)) ?? Data()).contains(UInt8(ascii: "%")) }
        kill(process.processIdentifier, SIGINT)
        #expect(Program.wait(for: process) == 130)
        #expect(try json(["models", "profiles", "stories"]).arrayValue?.isEmpty == true)
    }
}
