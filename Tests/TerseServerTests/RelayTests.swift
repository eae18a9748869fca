import Hummingbird
import NIOCore
import Synchronization
import TerseJSON
import Testing

@testable import TerseServer

/// Requests of a gateway whose worker dies.
@Suite struct RelayTests {
    private static let answer: JSONValue = ["choices": [], "usage": ["prompt_tokens": 1, "completion_tokens": 1]]

    private func ask(_ prompt: JSONValue, _ client: WorkerClient, _ gateway: WorkerSlot) async throws -> UInt {
        let body: JSONValue = ["model": "m", "prompt": prompt]
        return try await client.send(gateway, .POST, "/v1/completions", body: body).status.code
    }

    /// One request kills each worker that has it, and all that run beside it with it: it fails, they are answered.
    @Test func innocentRequestsSurviveOneThatKillsWorkers() async throws {
        let innocents = 6
        try await ScriptedWorker.serve { body, worker in
            if body["prompt"] == "kill" {
                // The others are there by now.
                try await Task.sleep(for: .milliseconds(50))
                worker.die()
            }
            try await Task.sleep(for: .milliseconds(200))
            return Response(Self.answer)
        } use: { client, gateway in
            try await withThrowingTaskGroup(of: UInt.self) { group in
                for _ in 0..<innocents { group.addTask { try await ask("live", client, gateway) } }
                #expect(try await ask("kill", client, gateway) == 502)
                for try await status in group { #expect(status == 200) }
            }
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
                        try await events.write(StreamNote.usage(promptTokens: 3, completionTokens: 0).line)
                        try await events.write(
                            StreamNote.progress(choice: 0, textBytes: 1, isFinished: true, tokens: [7]).line)
                        try await events.write("data: {\"choices\":[{\"text\":\"a\"}]}\n\n")
                    }
                    try await events.write(StreamNote.closing.line + usage)
                    if isFirst {
                        try await Task.sleep(for: .milliseconds(100))
                        worker.die()
                    } else {
                        try await events.write(EventWriter.doneEvent)
                    }
                    try await events.finish()
                })
        } use: { client, gateway in
            let response = try await client.send(gateway, .POST, "/v1/completions", body: order)
            let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
            #expect(text == "data: {\"choices\":[{\"text\":\"a\"}]}\n\n" + usage + EventWriter.doneEvent)
            #expect(calls.withLock { $0 } == 1)
        }
    }
}
