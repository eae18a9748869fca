import Foundation
import FoundationNetworking
import Synchronization
import TerseJSON
import TestSupport
import Testing

/// A registry with a variant in production, candidates for its place, and clients of the server that carries rollouts out.
final class RolloutStage: Sendable {
    let home: TemporaryFolder
    private let asked = Mutex(0)

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

    /// Asks in conversations of their own, some of them in streams, until something is so.
    /// - Returns: how many requests were answered; all must be.
    @discardableResult
    func load(
        _ port: Int, clients: Int = 4, requestsMax: Int = 20_000, until isDone: @Sendable () throws -> Bool
    ) async throws -> Int {
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    while !progress.isOver, progress.count < requestsMax {
                        try await self.ask(port)
                        progress.state.withLock { $0.count += 1 }
                    }
                }
            }
            defer { progress.end() }
            while try !isDone() {
                try #require(progress.count < requestsMax, "nothing came of \(requestsMax) requests")
                try await Task.sleep(for: .milliseconds(300))
            }
            progress.end()
            try await group.waitForAll()
        }
        return progress.count
    }

    private final class Progress: Sendable {
        let state = Mutex((count: 0, isOver: false))

        var count: Int { state.withLock { $0.count } }
        var isOver: Bool { state.withLock { $0.isOver } }

        func end() { state.withLock { $0.isOver = true } }
    }

    /// One request, which must be answered as a whole.
    func ask(_ port: Int, tokens: Int = 12) async throws {
        let number = asked.withLock { asked in
            asked += 1
            return asked
        }
        let streams = number % 2 == 0
        let body: JSONValue = [
            "model": "stories", "prompt": .string("Story number \(number). Once upon a time"), "ignore_eos": true,
            "max_tokens": JSONValue(tokens), "temperature": 1, "stream": .bool(streams),
        ]
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/v1/completions")))
        request.httpMethod = "POST"
        request.timeoutInterval = 200
        request.httpBody = Data(body.serialized().utf8)
        let (data, response) = try await URLSession.shared.data(for: request)
        let text = String(decoding: data, as: UTF8.self)
        #expect((response as? HTTPURLResponse)?.statusCode == 200, "\(text)")
        guard streams else {
            let usage = try JSONValue.parse(data)["usage"]
            #expect(usage?["completion_tokens"]?.intValue == tokens, "\(text)")
            return
        }
        #expect(text.hasSuffix("data: [DONE]\n\n") && !text.contains("\"error\""), "\(text)")
        #expect(text.contains("\"finish_reason\":\"length\""), "\(text)")
    }

    func metrics(_ server: ServerProcess) async throws -> String {
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/metrics"))
        return String(decoding: try await URLSession.shared.data(from: url).0, as: UTF8.self)
    }

    /// The processes of a server's workers, with the files that they serve.
    func workers(of server: ServerProcess) -> [(id: pid_t, path: String)] {
        let gateway = "\(server.process.processIdentifier)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = pid_t(name), let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                let end = status.lastIndex(of: ")"),
                status[end...].split(separator: " ").dropFirst(2).first.map(String.init) == gateway,
                let line = try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)
            else { return nil }
            let words = line.split(separator: "\0").map(String.init)
            return words.count > 2 && words[1] == "worker" ? (id, words[2]) : nil
        }
    }
}
