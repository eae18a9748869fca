import Foundation
import TerseJSON
import TestSupport
import Testing

/// Deployments over HTTP that go wrong.
@Suite struct DeploymentAPITests {
    @Test func whyOneFailedIsSaid() async throws {
        let registry = try TwoVersions()
        let server = try ServerProcess(environment: registry.environment)
        let refused = #"{"candidate": "stories:2", "engine": {"threads": 99999}}"#
        let wrong = try await server.ask("/api/deployments", "POST", #"{"spec": \#(refused)}"#)
        let words = "spec:1: engine.threads: expected a whole number from 1 to 1024, found"
        #expect(wrong.status == 400 && "\(wrong.json)".contains(words), "\(wrong)")
        let listed = try await server.ask("/api/deployments").json["deployments"]?.arrayValue
        #expect(listed?.isEmpty == true, "nothing was recorded")

        let spec = #"{"candidate": "stories:2", "load": {"prompt_tokens": 9999}}"#
        let begun = try await server.ask("/api/deployments", "POST", #"{"spec": \#(spec)}"#)
        #expect(begun.status == 202, "\(begun)")
        var deployment = begun.json
        let hasEnded = try await eventually {
            deployment = try await server.ask("/api/deployments/\(begun.json["id"]?.intValue ?? 0)").json
            return deployment["running"] == false
        }
        try #require(hasEnded)
        let reason = "spec:1: load: expected prompts and answers of at most 512 tokens together"
        let error = deployment["events"]?[1]?["details"]?["error"]?.stringValue
        #expect(error?.hasPrefix(reason) == true, "\(deployment)")
        // The log says the same.
        var line: Substring?
        let isLogged = await eventually {
            line = server.log.split(separator: "\n").first { $0.contains("a deployment's process ended") }
            return line != nil
        }
        try #require(isLogged)
        let entry = try JSONValue.parse(Array((line ?? "").utf8))
        #expect(entry["level"] == "warning" && entry["reason"]?.stringValue == error, "\(entry)")
        #expect(server.end() == 0)
    }
}
