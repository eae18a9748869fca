import Foundation
import Testing

/// `terse serve` when something goes wrong around it.
@Suite(.enabled(if: Python.isPresent, Comment(rawValue: Python.interpreterAbsence))) struct FaultTests {
    /// Runs a script of `Fixtures` against a server; what it finds wrong it says and fails.
    private func check(_ script: String, _ server: ServerProcess) throws {
        let result = try Python.run([
            ServerProcess.script(script), "\(server.port)", "\(server.process.processIdentifier)",
        ])
        #expect(result.status == 0, "\(result.output)\n\(server.log.suffix(2000))")
    }

    /// A worker stands still under load: it is killed, and every answer is what it would have been.
    @Test func workersMayHang() throws {
        let server = try ServerProcess(["--hang-timeout", "5"])
        try check("hang.py", server)
        #expect(server.log.contains("worker hangs and is killed"))
        #expect(server.log.contains("worker did not answer"))
        #expect(server.end() == 0)
    }

    /// Open files that there must be at least for thousands of connections.
    private static let openFilesMin = 2048

    private static let openFilesMax: UInt = {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit.rlim_max : 0
    }()

    // MARK: Clients, of which a test says every byte

    private static func head(_ headers: String) -> String {
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n"
    }

    /// Asks for more than is generated in seconds: some wait while others run.
    private static func longRequest(streams: Bool) -> String {
        let prompts = Array(repeating: "\"Once\"", count: 16).joined(separator: ",")
        let body = """
            {"model": "stories", "prompt": [\(prompts)], "n": 16, "max_tokens": 500, "ignore_eos": true, "stream": \(streams)}
            """
        return head("Content-Length: \(body.utf8.count)") + body
    }

    private static func figures(_ server: ServerProcess) -> String {
        guard let url = URL(string: "http://127.0.0.1:\(server.port)/metrics") else { return "" }
        return (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    }

    /// Waits until more choices than that have no place in the engine.
    private static func waitForQueue(_ server: ServerProcess, _ count: Double) {
        Program.wait(for: server.process) {
            let line = figures(server).split(separator: "\n").first { $0.hasPrefix("vllm:num_requests_waiting{") }
            return (line?.split(separator: " ").last).flatMap { Double($0) } ?? 0 > count
        }
    }

    /// What is not done when a server that is to end has no more time is told so: by a status, or at the end of its stream.
    @Test func theEndIsTold() throws {
        let server = try ServerProcess(["--drain", "0"])
        let (stream, whole) = (try RawClient(server.port), try RawClient(server.port))
        stream.send(Self.longRequest(streams: true))
        let beginning = stream.receive(until: "data: ")
        whole.send(Self.longRequest(streams: false))
        // More than the choices of one of them.
        Self.waitForQueue(server, 300)
        kill(server.process.processIdentifier, SIGTERM)
        let answer = whole.receive()
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("service_unavailable_error"), "\(answer)")
        let events = beginning + stream.receive()
        #expect(events.contains("data: {\"error\"") && !events.contains("[DONE]"), "\(events.suffix(500))")
        #expect(events.hasSuffix("\r\n0\r\n\r\n"), "the end of a body that is whole")
        #expect(Program.wait(for: server.process) == 0)
        #expect(server.log.contains("ending; requests under way have at most 0 s"))
        #expect(server.log.contains(#""status":"503""#) && !server.log.contains(#""level":"error""#), "\(server.log)")
    }

    /// A body that breaks off is the client's fault, and who leaves while it waits is counted as such.
    @Test func clientsMayBreakOff() throws {
        let server = try ServerProcess()
        for (headers, body) in [("Content-Length: 100", "{\"a\""), ("Transfer-Encoding: chunked", "zz\r\n{}\r\n")] {
            let client = try RawClient(server.port)
            client.send(Self.head(headers) + body)
            client.endOutput()
            let answer = client.receive()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("invalid_request_error"), "\(answer)")
        }
        var client: RawClient? = try RawClient(server.port)
        client?.send(Self.longRequest(streams: false))
        Self.waitForQueue(server, 0)
        client = nil
        Program.wait(for: server.process) { Self.figures(server).contains(#"status="499"} 1"#) }
        let figures = Self.figures(server)
        #expect(figures.contains(#"status="499"} 1"#) && figures.contains(#"status="400"} 2"#), "\(figures)")
        #expect(!server.log.contains(#""level":"error""#), "\(server.log)")
        #expect(server.end() == 0)
    }

    /// A client that sends its body only when it is told to, is; or that the body is too large.
    @Test func bodiesMayBeAskedFor() throws {
        let server = try ServerProcess()
        let client = try RawClient(server.port)
        let body = #"{"model": "stories", "prompt": "Once", "max_tokens": 1}"#
        client.send(Self.head("Expect: 100-continue\r\nContent-Length: \(body.utf8.count)"))
        #expect(client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send(body)
        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        let other = try RawClient(server.port)
        other.send(Self.head("Expect: 100-continue\r\nContent-Length: 100000000"))
        #expect(other.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 413 "))
        #expect(server.end() == 0)
    }

    /// Thousands of connections that say nothing keep nobody else from being answered, and leave nothing behind.
    @Test(.enabled(if: openFilesMax >= openFilesMin, "the hard limit of open files is below 2048 (ulimit -Hn)"))
    func connectionsMayBeMany() throws {
        let server = try ServerProcess()
        try check("connections.py", server)
        #expect(server.end() == 0)
    }
}
