import Foundation
import TestSupport
import Testing

@testable import TerseHub

/// The hub's ways: redirects to where the bytes are, its own headers, the token.
@Suite struct HubTests {
    let place: Place

    init() throws { place = try Place() }

    static let commit = "0123456789abcdef0123456789abcdef01234567"

    @Test func followsTheHubToTheBytes() async throws {
        let storage = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, etag: "\"cdn\"", to: request)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            return answer
        }
        // Another origin than the hub: the host differs.
        let target = storage.url("/blob?X-Signature=abc", host: "localhost")
        let server = try FileServer { _ in
            FileServer.Answer(
                status: 302,
                headers: [
                    ("Location", target), ("X-Linked-Size", "1000000"), ("X-Linked-ETag", "\"\(Place.sha256)\""),
                    ("X-Repo-Commit", Self.commit),
                ])
        }
        defer {
            storage.stop()
            server.stop()
        }
        var hub = place.hub(at: server)
        hub.configuration.token = "hf_secret"
        let file = try await hub.fetch("hf:owner/name/sub/model.gguf")
        #expect(file.sha256 == Place.sha256 && file.commit == Self.commit)
        #expect(file.path == place.folder.url.path + "/models/owner/name/sub/model.gguf")
        #expect(server.requests.count == 2, "the resumed attempt asks the hub for a fresh address")
        for request in server.requests {
            #expect(request.path == "/owner/name/resolve/main/sub/model.gguf")
            #expect(request.headers["authorization"] == "Bearer hf_secret")
        }
        #expect(storage.requests.map(\.rangeStart) == [nil, 300_000])
        for request in storage.requests {
            #expect(request.path == "/blob?X-Signature=abc")
            #expect(request.headers["authorization"] == nil)
        }
        #expect(try await hub.fetch("hf:owner/name/sub/model.gguf").commit == Self.commit)
    }

    /// A URL of another server gets no token, even when the hub sent there or it sends to the hub.
    @Test func theTokenStaysWithTheHub() async throws {
        let server = try FileServer { FileServer.serve(Place.bytes, to: $0) }
        defer { server.stop() }
        let port = server.port
        let other = try FileServer { _ in
            FileServer.Answer(status: 307, headers: [("Location", "http://127.0.0.1:\(port)/f.bin")])
        }
        defer { other.stop() }
        var hub = place.hub(at: server)
        hub.configuration.token = "hf_secret"
        _ = try await hub.fetch(other.url("/f.bin"))
        #expect(other.requests.first?.headers["authorization"] == nil)
        #expect(server.requests.first?.headers["authorization"] == "Bearer hf_secret")
    }

    /// One thing wrong at a time: size, hash of the bytes, hash that is wanted.
    @Test func checksWhatTheHubSays() async throws {
        func error(size: String, hash: String, wanted: String? = nil) async throws -> HubError? {
            let server = try FileServer { request in
                var answer = FileServer.serve(Place.bytes, to: request)
                answer.headers += [("X-Linked-Size", size), ("X-Linked-ETag", "\"\(hash)\"")]
                return answer
            }
            defer { server.stop() }
            return try await Place().hub(at: server).failure("hf:o/n/f.bin", sha256: wanted)
        }
        let other = Place.otherSHA256
        #expect(try await error(size: "1000000", hash: Place.sha256) == nil)
        #expect(try await error(size: "999999", hash: Place.sha256)?.code == .sizeMismatch)
        #expect(try await error(size: "1000000", hash: other)?.code == .hashMismatch)
        #expect(
            try await error(size: "1000000", hash: Place.sha256, wanted: other)?.message.contains("the hub's file has")
                == true)
    }

    @Test func redirectsEnd() async throws {
        let server = try FileServer { _ in FileServer.Answer(status: 302, headers: [("Location", "/again")]) }
        defer { server.stop() }
        let error = await place.failure(server.url("/f.bin"))
        #expect(error?.message.contains("more than 10 redirects") == true)
        #expect(server.requests.count == 11)
    }

    @Test(arguments: ["ftp://x/y", "", "http://", "file:///etc/passwd", "http:///x", "\u{1}"])
    func redirectsToNowhere(_ location: String) async throws {
        let server = try FileServer { _ in FileServer.Answer(status: 301, headers: [("Location", location)]) }
        defer { server.stop() }
        let code = await place.failure(server.url("/f.bin"))?.code
        #expect(code == .refused || code == .network)
    }

    @Test(arguments: [
        (404, HubError.Code.notFound), (410, .notFound), (401, .unauthorized), (403, .unauthorized), (400, .refused),
        (501, .refused),
    ]) func statusesThatEndIt(_ status: Int, _ code: HubError.Code) async throws {
        let server = try FileServer { _ in FileServer.Answer(status: status, body: Array("no".utf8)) }
        defer { server.stop() }
        let error = await place.failure(server.url("/f.bin?signature=secret"))
        #expect(error?.code == code)
        #expect(error?.message.contains("status \(status)") == true && error?.message.contains("secret") == false)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [429, 503, 500, 502, 504, 408]) func statusesThatPass(_ status: Int) async throws {
        let server = try FileServer { request in
            request.number < 2
                ? FileServer.Answer(status: status, headers: [("Retry-After", "0")])
                : FileServer.serve(Place.bytes, to: request)
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
        #expect(server.requests.count == 3)
    }

    @Test func waitsAsAskedAndNoLonger() async throws {
        let server = try FileServer { request in
            request.number == 0
                ? FileServer.Answer(status: 503, headers: [("Retry-After", "1")])
                : FileServer.Answer(status: 429, headers: [("Retry-After", "86400")])
        }
        defer { server.stop() }
        let start = ContinuousClock.now
        let error = await place.failure(server.url("/f.bin"))
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(error?.message.contains("asks to come back in 86400 s") == true)
        #expect(server.requests.count == 2)
    }

    @Test func environment() throws {
        let configuration = try DownloadConfiguration(
            environment: ["HF_ENDPOINT": "https://mirror.example/hub", "HF_TOKEN": " t \n"])
        #expect(configuration.token == "t")
        let source = try FileSource("hf:o/n/f", endpoint: configuration.endpoint)
        #expect(source.url.absoluteString == "https://mirror.example/hub/o/n/resolve/main/f")
        #expect(try DownloadConfiguration(environment: [:]).endpoint == DownloadConfiguration.publicEndpoint)
        for endpoint in ["mirror", "ftp://h", "https://", "https://user:secret@h", "https://h/?q=secret"] {
            let error = #expect(throws: HubError.self) {
                try DownloadConfiguration(environment: ["HF_ENDPOINT": endpoint])
            }
            #expect(error?.message.contains("secret") == false)
        }
        let error = #expect(throws: HubError.self) {
            try DownloadConfiguration(environment: ["HF_TOKEN": "hf_secret\nX: y"])
        }
        #expect(error?.message.contains("secret") == false)
        for path in ["/nowhere", #filePath] {
            let error = #expect(throws: HubError.self) {
                try DownloadConfiguration(environment: ["SSL_CERT_FILE": path])
            }
            #expect(error?.code == .file)
        }
    }
}
