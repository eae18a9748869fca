import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse tune` and what serve, run and chat make of it, on the model that the repository ships.
@Suite struct TuneTests {
    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private var environment: [String: String] { ["TERSE_HOME": home.url.path] }

    private func terse(_ arguments: [String]) throws -> Program.Result {
        try Program.run(arguments, environment: environment)
    }

    private func tune(_ arguments: [String] = []) throws -> Program.Result {
        try terse(["tune", Stories.shipped, "--budget", "1"] + arguments)
    }

    private func stored() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: home.path("tuning"))
        return home.path("tuning/\(try #require(names.count == 1 ? names[0] : nil, "\(names)"))")
    }

    /// What is stored, with other options in force, as if they had been found.
    private func storeAsFound(_ options: String) throws -> String {
        if !FileManager.default.fileExists(atPath: home.path("tuning")) { _ = try tune() }
        let path = try stored()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = text.replacing(#/"options":\{[^}]*\},"gain"/#, with: "\"options\":\(options),\"gain\"")
        try changed.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    /// The lines of a server's log that speak of tunings.
    private func tuningLines(_ arguments: [String] = []) throws -> [JSONValue] {
        let server = try ServerProcess(arguments, environment: environment)
        #expect(server.end() == 0, "\(server.log)")
        return try server.log.split(separator: "\n").filter { $0.contains("tun") && $0.contains("worker") }
            .map { try JSONValue.parse(String($0)) }
    }

    @Test func aTuningIsMadeKeptAndShown() throws {
        let made = try tune(["--json"])
        try #require(made.status == 0, "\(made.summary)")
        let record = try JSONValue.parse(Array(made.output.utf8))
        let rounds = try #require(record["rounds"]?.arrayValue)
        for round in rounds {
            let rows = round["configurations"]?.arrayValue ?? []
            let standard = rows.first { $0["options"]?.objectValue?.isEmpty == true }
            #expect(standard?["ratio"]?.doubleValue == 1, "\(round)")
        }
        let comparison = try #require(record["comparison"])
        let low = try #require(comparison["low"]?.doubleValue)
        // Taken where it is better without doubt, and only then.
        #expect((record["options"]?.objectValue?.isEmpty == false) == (low > 1))
        #expect(record["gain"]?.doubleValue ?? 0 >= 1)
        #expect(try JSONValue.parse(String(contentsOfFile: try stored(), encoding: .utf8)) == record)
        let again = try tune()
        #expect(again.status == 0 && again.output.isEmpty && again.errors.contains("that counts"), "\(again.summary)")
        let shown = try tune(["--show"])
        #expect(shown.status == 0 && shown.output.contains("used from now on"), "\(shown.summary)")
        #expect(shown.output.contains("to defaults") && shown.output.contains("AMD") == made.output.contains("AMD"))
        let forced = try tune(["--force", "--json"])
        #expect(forced.status == 0 && forced.output != made.output, "\(forced.summary)")
    }

    /// A registered model goes by its name, and a tuning is for its shape, whatever it is called.
    @Test func registeredModelsAreTuned() throws {
        #expect(try terse(["models", "add", "stories", Stories.shipped]).status == 0)
        let made = try terse(["tune", "stories@1", "--budget", "1"])
        #expect(made.status == 1 && made.errors.contains("stories"), "\(made.summary)")
        let right = try terse(["tune", "stories:1", "--budget", "1"])
        #expect(right.status == 0 && right.output.contains("used from now on"), "\(right.summary)")
        #expect(try tune().errors.contains("that counts"))
    }

    @Test func whatWouldBeTriedIsShown() throws {
        let plain = try tune(["--dry-run"])
        #expect(plain.status == 0 && plain.output.contains("\n\ndefaults\n"), "\(plain.summary)")
        let json = try JSONValue.parse(try tune(["--dry-run", "--json", "--for", "throughput"]).output)
        let candidates = try #require(json["candidates"]?.arrayValue)
        #expect(candidates.first?.objectValue?.isEmpty == true)
        #expect(candidates.contains { $0["running"]?.intValue == 4 } && !candidates.contains { $0["kv"] != nil })
        let types = try JSONValue.parse(try tune(["--dry-run", "--json", "--kv-types", "int8"]).output)
        #expect(types["candidates"]?.arrayValue?.contains { $0["kv"]?.stringValue == "int8" } == true)
        let narrow = try JSONValue.parse(try tune(["--dry-run", "--json", "--threads-max", "1"]).output)
        #expect(narrow["candidates"]?.arrayValue?.allSatisfy { $0["threads"]?.intValue ?? 1 == 1 } == true)
        #expect(!FileManager.default.fileExists(atPath: home.path("tuning")))
    }

    @Test func serversUseIt() throws {
        let path = try storeAsFound(#"{"threads":1,"step":256}"#)
        let used = try #require(try tuningLines().first)
        #expect(used["message"]?.stringValue == "tuned options are in force", "\(used)")
        #expect(used["options"]?.stringValue == "threads 1, step 256" && used["from"]?.stringValue == path, "\(used)")
        #expect(used["model"]?.stringValue == "stories" && used["level"]?.stringValue == "info")
        let given = try #require(try tuningLines(["--threads", "2"]).first)
        #expect(given["options"]?.stringValue == "step 256" && given["given"]?.stringValue == "threads 2", "\(given)")
        let all = try #require(try tuningLines(["--threads", "2", "--step", "128"]).first)
        #expect(all["message"]?.stringValue == "options that were given count, none that was tuned", "\(all)")
        #expect(try tuningLines(["--no-tuning"]).isEmpty)
        _ = try storeAsFound("{}")
        #expect(try tuningLines().first?["message"]?.stringValue?.hasPrefix("tuned: the defaults") == true)
    }

    @Test func oneSequenceUsesIt() throws {
        _ = try storeAsFound(#"{"threads":1,"step":256}"#)
        let arguments = ["run", Stories.shipped, "-p", "Once upon a time", "-n", "20"]
        let (tuned, plain) = (try terse(arguments), try terse(arguments + ["--no-tuning"]))
        #expect(tuned.status == 0 && tuned.errors.contains("note: tuned options: threads 1\n"), "\(tuned.summary)")
        #expect(tuned.output == plain.output && !plain.errors.contains("tuned"), "\(plain.summary)")
        #expect(!(try terse(arguments + ["--threads", "2"]).errors.contains("tuned")))
        #expect(!(try terse(arguments + ["--quiet"]).errors.contains("tuned")))
    }

    /// Neither a file that somebody broke nor one that is too old keeps a server from starting.
    @Test func whatDoesNotCountIsSaid() throws {
        let path = try storeAsFound(#"{"threads":1000000}"#)
        let damaged = try #require(try tuningLines().first)
        #expect(damaged["level"]?.stringValue == "warning", "\(damaged)")
        #expect(damaged["reason"]?.stringValue?.contains("threads: expected") == true, "\(damaged)")
        let run = try terse(["run", Stories.shipped, "-p", "Once", "-n", "3"])
        #expect(run.status == 0 && run.errors.contains("damaged and not used"), "\(run.summary)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let older = text.replacing(#/"bytes":\d+/#, with: #""bytes":1"#)
            .replacing(#"{"threads":1000000}"#, with: #"{"threads":1}"#)
        try older.write(toFile: path, atomically: false, encoding: .utf8)
        let outdated = try #require(try tuningLines().first)
        #expect(outdated["level"]?.stringValue == "notice", "\(outdated)")
        #expect(outdated["reason"]?.stringValue?.hasPrefix("the program has changed") == true, "\(outdated)")
        let shown = try tune(["--show"])
        #expect(shown.status == 1 && shown.errors.contains("the program has changed"), "\(shown.summary)")
        let made = try tune()
        #expect(made.status == 0 && made.errors.contains("does not count"), "\(made.summary)")
    }

    /// More memory than the server may have is no reason not to start.
    @Test func aTuningThatDoesNotFitIsDropped() throws {
        _ = try storeAsFound(#"{"step":4096}"#)
        let lines = try tuningLines(["--memory", "5000000"])
        #expect(lines.count == 2, "\(lines)")
        #expect(lines.last?["message"]?.stringValue == "cannot start with tuned options, starts without", "\(lines)")
    }

    @Test func anInterruptedTuningLeavesWhatThereWas() throws {
        let path = try storeAsFound("{}")
        let before = try Data(contentsOf: URL(filePath: path))
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["tune", Stories.shipped, "--force", "--budget", "3600"]
        process.environment = Program.merged(environment)
        let errors = home.url.appending(path: "stderr")
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        Program.wait(for: process) { ((try? Data(contentsOf: errors)) ?? Data()).contains(UInt8(ascii: "%")) }
        kill(process.processIdentifier, SIGINT)
        #expect(Program.wait(for: process) == 130)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func mistakesAreSaidAndNothingIsKept() throws {
        let cases: [([String], Int32, String)] = [
            ([Stories.shipped, "--for", "glory"], 64, "--for"), ([Stories.shipped, "--streams", "0"], 64, "--streams"),
            ([Stories.shipped, "--budget", "0"], 64, "--budget"),
            ([Stories.shipped, "--budget", "nan"], 64, "--budget"),
            ([Stories.shipped, "--threads-max", "0"], 64, "--threads-max"),
            ([Stories.shipped, "--kv-types", "f32"], 64, "--kv-types"),
            ([Stories.shipped, "--depth", "-1"], 64, "--depth"),
            ([Stories.shipped, "--depth", "60000"], 64, "--depth must be from 0 to"),
            ([Stories.shipped, "--show", "--force"], 64, "at most one"),
            ([Stories.shipped, "--show"], 1, "no tuning is stored"), (["absent.gguf"], 1, "absent.gguf"),
            ([Stories.shipped, "--memory", "100KB", "--budget", "1"], 1, " are allowed"),
        ]
        for (arguments, status, message) in cases {
            let result = try terse(["tune"] + arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.contains(message), "\(arguments): \(result.summary)")
        }
        #expect((try? FileManager.default.contentsOfDirectory(atPath: home.path("tuning"))) ?? [] == [])
        // Before an hour is spent, not after.
        let homeless = try Program.run(
            ["tune", Stories.shipped, "--budget", "3600"], environment: ["TERSE_HOME": "/proc/terse"])
        #expect(homeless.status == 1 && homeless.errors.contains("/proc/terse/tuning"), "\(homeless.summary)")
        let place = try terse(["run", Stories.shipped, "-p", "x", "--processors", "65535"])
        #expect(place.status == 64 && place.errors.contains("--processors 65535"), "\(place.summary)")
    }

    @Test func threadsRunOnTheProcessorsThatAreNamed() throws {
        let arguments = ["run", Stories.shipped, "-p", "Once upon a time", "-n", "20", "--quiet"]
        let (free, placed) = (try terse(arguments), try terse(arguments + ["--processors", "0"]))
        #expect(placed.status == 0 && placed.output == free.output, "\(placed.summary)")
        let server = try ServerProcess(["--processors", "0", "--step", "64"], environment: environment)
        #expect(server.end() == 0, "\(server.log)")
    }
}
