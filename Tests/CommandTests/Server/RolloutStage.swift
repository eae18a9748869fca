import Foundation
import FoundationNetworking
import TerseJSON
import TestSupport
import Testing

/// A registry with a variant in production, candidates for its place, and clients of the server that carries rollouts out.
struct RolloutStage {
    let home: TemporaryFolder
    /// What decides in a few dozen pairs, and takes any machine's times.
    static let plan = """
        weights: [25, 50, 100]
        pairs_per_step: 20
        patience: 30
        patience_max: 600
        criteria:
          error_rate: {tolerated: 0, intolerable: 0.25}
          time_to_first_token: {tolerated: 1000, intolerable: 1000000}
          time_per_output_token: {tolerated: 1000, intolerable: 1000000}
          quality: {tolerated: 0.3, intolerable: 1}
        """

    /// A registry that somebody else has filled.
    init(home: TemporaryFolder) { self.home = home }

    /// Version 1 is live.
    init() throws {
        home = try TemporaryFolder()
        try models("add", "stories", Stories.shipped, "--alias", "production")
    }

    var environment: [String: String] { ["TERSE_HOME": home.url.path] }

    func models(_ arguments: String...) throws {
        let result = try Program.run(["models"] + arguments, environment: environment)
        try #require(result.status == 0, "\(arguments): \(result.summary)")
    }

    /// Registers version 2, the same in fewer bits.
    func addGoodCandidate() throws { try models("add", "stories", Stories.shipped, "--types", "q8_0") }

    /// Registers version 2 with the signs of many weights turned: numbers all of them, and of no sense.
    func addGarbage() throws {
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: Stories.shipped)))
        var random = SplitMix64(seed: 7)
        // The last parts of the file are weights; an odd byte has the sign of a half, or of a float or part of its fraction.
        for index in stride(from: bytes.count / 4 | 1, to: bytes.count, by: 2) where random.next(below: 2) == 0 {
            bytes[index] ^= 0x80
        }
        try models("add", "stories", try home.write(bytes, "garbage.gguf"))
    }

    /// `terse rollout …`, which must succeed, as JSON.
    @discardableResult
    func rollout(_ arguments: String...) throws -> JSONValue {
        let result = try Program.run(["rollout"] + arguments + ["--json"], environment: environment)
        try #require(result.status == 0, "\(arguments): \(result.summary)")
        return try JSONValue.parse(Array(result.output.utf8))
    }

    func start(_ plan: String = plan) throws {
        try rollout("start", "stories:2", "--plan", try home.write(plan.utf8, "plan.yaml"))
    }

    /// The rollout that was begun last.
    func status() throws -> JSONValue { try rollout("status", "stories")[0] ?? .null }

    func phase() throws -> String { try status()["phase"]?.stringValue ?? "" }

    /// Why it is where it is.
    func reason() throws -> String { try status()["events"]?.arrayValue?.last?["why"]?.stringValue ?? "" }

    func production() throws -> Int? {
        let result = try Program.run(["models", "live", "stories", "--json"], environment: environment)
        return try JSONValue.parse(Array(result.output.utf8))[0]?["version"]?.intValue
    }

    func server(_ arguments: [String] = []) throws -> ServerProcess {
        try ServerProcess(
            ["--threads", "1", "--no-cache"] + arguments, models: ["stories@production"], environment: environment)
    }

    // MARK: Clients

    /// Asks in conversations of their own, some of them in streams, until something is so; all must be answered.
    /// - Returns: how many were.
    @discardableResult
    func load(
        _ server: ServerProcess, clients: Int = 4, tokens: Int = 12, model: String = "stories",
        until isDone: () throws -> Bool
    ) throws -> Int {
        let (status, said) = try attempt(server, clients: clients, tokens: tokens, model: model, until: isDone)
        try #require(status == 0, "\(said)\n\(server.log.suffix(3000))")
        return Int(said.prefix { $0.isNumber }) ?? 0
    }

    /// The same of a server that may be killed meanwhile.
    /// - Returns: whether all were answered (0), and what there is to say of it.
    @discardableResult
    func attempt(
        _ server: ServerProcess, clients: Int = 4, tokens: Int = 12, model: String = "stories",
        until isDone: () throws -> Bool
    ) throws -> (status: Int32, said: String) {
        let stop = home.path("stop-\(UUID().uuidString)")
        let output = try home.write([], "load-\(UUID().uuidString)")
        let process = Python.process([
            ServerProcess.script("rollout_load.py"), "\(server.port)", stop, "\(clients)", "\(tokens)", model,
        ])
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardError = process.standardOutput
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        while process.isRunning, try !isDone() { usleep(200_000) }
        try Data().write(to: URL(filePath: stop))
        let status = Program.wait(for: process)
        return (status, try String(contentsOfFile: output, encoding: .utf8))
    }

    /// Asks until a few are answered.
    func ask(_ server: ServerProcess) throws {
        var looks = 0
        try load(server) {
            looks += 1
            return looks > 1
        }
    }

    func metrics(_ server: ServerProcess) async throws -> String {
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/metrics"))
        return String(decoding: try await URLSession.shared.data(from: url).0, as: UTF8.self)
    }
}
