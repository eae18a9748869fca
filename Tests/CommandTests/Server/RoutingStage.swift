import Foundation
import FoundationNetworking
import TerseJSON
import TestSupport
import Testing

/// A registry with two models, one good, one fast, with profiles that are the same on every machine, and clients of a server
/// that routes between them.
struct RoutingStage {
    /// What a server told.
    struct Answer {
        let status: Int
        let route: String
        let text: String

        var json: JSONValue { (try? JSONValue.parse(text)) ?? .null }
        var error: String { json["error"]?["message"]?.stringValue ?? "" }
    }

    let home: TemporaryFolder
    /// Quality alone counts: whoever has least to lose answers, however fast a machine is.
    static let quality = "policies:\n  - {name: best, weights: {quality: 1}, exploration_share: 0}\n"
    static let route = ["--route", "auto=big,small", "--threads", "1"]

    /// - Parameter fast: the file of the fast one.
    init(fast: String = Stories.shipped) throws {
        home = try TemporaryFolder()
        try terse("models", "add", "novels", TestData.shippedNovels, "--alias", "production")
        try terse("models", "add", "stories", fast)
    }

    var environment: [String: String] { ["TERSE_HOME": home.url.path] }

    @discardableResult
    func terse(_ arguments: String...) throws -> Program.Result {
        let result = try Program.run(arguments, environment: environment)
        try #require(result.status == 0, "\(arguments): \(result.summary)")
        return result
    }

    /// Measures so little that nothing can be routed by it: where it was measured is all that is wanted.
    func measureHost() throws {
        try terse(
            "profile", "novels:1", "--no-quality", "--repetitions", "6", "--batches", "1", "--prompt", "4",
            "--generate", "2")
    }

    /// Profiles of models, as MODEL=BITS,SECONDS.
    func addProfiles(_ models: [String] = ["novels=1.5,0.01", "stories=2.5,0.001"], text: String = "a.txt") throws {
        let script = ServerProcess.script("profiles.py")
        let result = try Python.run([script, home.path("registry.sqlite"), text] + models)
        try #require(result.status == 0, "\(result.output)")
    }

    /// Both have profiles.
    static func complete(fast: String = Stories.shipped) throws -> RoutingStage {
        let stage = try RoutingStage(fast: fast)
        try stage.measureHost()
        try stage.addProfiles()
        return stage
    }

    func server(_ arguments: [String] = [], policies: String = quality) throws -> ServerProcess {
        try ServerProcess(
            Self.route + ["--policies", try home.write(policies.utf8, "policies.yaml")] + arguments,
            models: ["big=novels@production", "small=stories:1"], environment: environment)
    }

    // MARK: Clients

    static func ask(
        _ port: Int, _ path: String, _ body: String? = nil, key: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.timeoutInterval = 600
        if let body { (request.httpMethod, request.httpBody) = ("POST", Data(body.utf8)) }
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return Answer(
            status: http.statusCode, route: http.value(forHTTPHeaderField: "x-terse-route") ?? "",
            text: String(decoding: data, as: UTF8.self))
    }

    func ask(
        _ server: ServerProcess, _ path: String, _ body: String? = nil, key: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await Self.ask(server.port, path, body, key: key, headers: headers)
    }

    /// A body that asks for a few tokens.
    static func order(model: String = "auto", _ more: String = "") -> String {
        #"{"model": "\#(model)", "prompt": "Once upon a time", "max_tokens": 4\#(more)}"#
    }

    func complete(
        _ server: ServerProcess, model: String = "auto", _ more: String = "", key: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await ask(server, "/v1/completions", Self.order(model: model, more), key: key, headers: headers)
    }

    /// What is told of the route.
    func report(_ server: ServerProcess, key: String? = nil) async throws -> JSONValue {
        try #require(try await ask(server, "/api/routing?count=5", key: key).json["routes"]?[0])
    }

    /// Waits until something is told of the route.
    func waits(_ server: ServerProcess, until isSo: (JSONValue) -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            if isSo(try await report(server)) { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}
