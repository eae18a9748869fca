import Hummingbird
import NIOCore
import Synchronization
import TerseJSON
import TestSupport
import Testing

@testable import TerseServer

/// Requests of a gateway whose worker dies.
@Suite struct RelayTests {
    private final class Calls: Sendable {
        private let number = Mutex(0)

        var count: Int { number.withLock { $0 } }

        func add() { number.withLock { $0 += 1 } }
    }

    private static let answer: JSONValue = ["choices": [], "usage": ["prompt_tokens": 1, "completion_tokens": 1]]

    private func ask(_ prompt: JSONValue, _ client: WorkerClient, _ gateway: WorkerSlot) async throws -> UInt {
        let body: JSONValue = ["model": "m", "prompt": prompt]
        return try await client.send(gateway, .POST, "/v1/completions", body: body).status.code
    }

    /// One request kills each worker that has it, and all that run beside it with it: it fails, they are answered.
    @Test func innocentRequestsSurviveOneThatKillsWorkers() async throws {
        let innocents = 6
        let kills = Mutex(0)
        try await ScriptedWorker.serve { body, worker in
            if body["prompt"] == "kill" {
                let kill = kills.withLock { kills in
                    kills += 1
                    return kills
                }
                // At first all are there; from then on whoever is.
                if kill <= 2 { #expect(await worker.hasRequests(innocents + 1)) }
                worker.die()
            } else if kills.withLock({ $0 }) < 2 {
                // Until the worker dies.
                try? await Task.sleep(for: .seconds(600))
            }
            return Response(Self.answer)
        } use: { client, gateway in
            try await withThrowingTaskGroup(of: UInt.self) { group in
                for _ in 0..<innocents { group.addTask { try await ask("live", client, gateway) } }
                let body: JSONValue = ["model": "m", "prompt": "kill"]
                let response = try await client.send(gateway, .POST, "/v1/completions", body: body)
                #expect(response.status == .badGateway && response.headers.first(name: "retry-after") == nil)
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    /// A stream that gets a few tokens further each time and kills each worker is stopped all the same.
    @Test func progressDoesNotPayForDeaths() async throws {
        try await ScriptedWorker.serve { _, worker in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    var events = EventWriter(writer)
                    try await events.write(
                        StreamNote.progress(choice: 0, textBytes: 1, isFinished: false, tokens: [7]).line
                            + "data: {\"choices\":[{\"text\":\"a\"}]}\n\n")
                    // Connections are closed behind what was written.
                    worker.die()
                    try await events.finish()
                })
        } use: { client, gateway in
            let order: JSONValue = ["model": "m", "prompt": "x", "stream": true]
            let response = try await client.send(gateway, .POST, "/v1/completions", body: order)
            let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
            #expect(text.contains("data: {\"error\"") && text.contains("failed \(Relay.deathsMax) times"))
        }
    }

    /// A worker that dies while it says what is wrong is one that has said nothing, to streams too.
    @Test(arguments: [false, true]) func errorsThatBreakOffAreAskedForAgain(streams: Bool) async throws {
        let calls = Calls()
        try await ScriptedWorker.serve { _, worker in
            calls.add()
            let isFirst = calls.count == 1
            return Response(
                status: .badRequest, headers: [.contentLength: "20"],
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "{\"error\":"))
                    guard !isFirst else { return worker.die() }
                    try await writer.write(ByteBuffer(string: "{\"code\":1}}"))
                    try await writer.finish(nil)
                })
        } use: { client, gateway in
            let order: JSONValue = ["model": "m", "prompt": "x", "stream": .bool(streams)]
            let response = try await client.send(gateway, .POST, "/v1/completions", body: order)
            let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
            #expect(response.status == .badRequest && body == "{\"error\":{\"code\":1}}")
            #expect(calls.count == 2)
        }
    }

    /// The time that a request asks for bounds its wait for a worker that does not come.
    @Test func waitingIsBoundedByTheRequestsTime() async throws {
        try await ScriptedWorker.serve(late: .seconds(3600)) { _, _ in
            Response(Self.answer)
        } use: { client, gateway in
            let body: JSONValue = ["model": "m", "prompt": "x", "timeout": 0.2]
            let status = try await client.send(gateway, .POST, "/v1/completions", body: body).status
            #expect(status == .gatewayTimeout)
        }
    }

    /// Who waits for the answer to an equal request gets its error, and kills no workers of its own.
    @Test func equalRequestsFailOnce() async throws {
        let (calls, hasCompany) = (Calls(), Calls())
        try await ScriptedWorker.serve { _, worker in
            calls.add()
            #expect(await eventually { hasCompany.count > 0 })
            worker.die()
            return Response(Self.answer)
        } use: { client, gateway in
            let body: JSONValue = ["model": "m", "prompt": "x", "temperature": 0]
            try await withThrowingTaskGroup(of: UInt.self) { group in
                for _ in 0..<2 {
                    group.addTask { try await client.send(gateway, .POST, "/v1/completions", body: body).status.code }
                }
                var page = ""
                while !page.contains("terse_joined_requests_total 1") {
                    // On a machine that is busy it may take longer than anybody waits.
                    page = (try? await client.figures(of: gateway, "/metrics")).map { String(buffer: $0) } ?? ""
                }
                hasCompany.add()
                for try await status in group { #expect(status == 502) }
            }
            #expect(calls.count == Relay.deathsMax)
        }
    }

    /// A worker that is not there yet was not killed by anybody.
    @Test func whoFindsNoWorkerWaits() async throws {
        try await ScriptedWorker.serve(late: .seconds(3)) { _, _ in
            Response(Self.answer)
        } use: { client, gateway in
            let status = try await ask("live", client, gateway)
            #expect(status == 200)
        }
    }

    /// The worker dies between the event that tells the usage and the mark of the end: the client gets each once.
    @Test func nothingIsToldTwiceInTheEnd() async throws {
        let order: JSONValue = [
            "model": "m", "prompt": "x", "stream": true, "stream_options": ["include_usage": true],
        ]
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n"
        let calls = Mutex(0)
        let usagesRead = Calls()
        try await ScriptedWorker.serve { _, worker in
            let isFirst = calls.withLock { calls in
                calls += 1
                return calls == 1
            }
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    var events = EventWriter(writer)
                    if isFirst {
                        try await events.write(StreamNote.usage(Usage(promptTokens: 3, completionTokens: 0)).line)
                        try await events.write(
                            StreamNote.progress(choice: 0, textBytes: 1, isFinished: true, tokens: [7]).line)
                        try await events.write("data: {\"choices\":[{\"text\":\"a\"}]}\n\n")
                    }
                    try await events.write(StreamNote.closing.line + usage)
                    if isFirst {
                        // What is read with the end of a connection may be lost.
                        #expect(await eventually { usagesRead.count > 0 })
                        worker.die()
                    } else {
                        try await events.write(EventWriter.doneEvent)
                    }
                    try await events.finish()
                })
        } use: { client, gateway in
            let response = try await client.send(gateway, .POST, "/v1/completions", body: order)
            var text = ""
            for try await piece in response.body {
                text += String(buffer: piece)
                if text.contains("prompt_tokens") { usagesRead.add() }
            }
            #expect(text == "data: {\"choices\":[{\"text\":\"a\"}]}\n\n" + usage + EventWriter.doneEvent)
            #expect(calls.withLock { $0 } == 1)
        }
    }
}
