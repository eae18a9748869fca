import Foundation
import TestSupport
import Testing

@testable import TerseHub

/// Downloads that break off and go on.
@Suite struct ResumeTests {
    let place: Place

    init() throws { place = try Place() }

    @Test func afterCutConnections() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number < 3 { answer = place.cutting(answer, after: 200_000, of: request) }
            return answer
        }
        defer { server.stop() }
        let file = try await place.fetch(server.url("/f.bin"))
        #expect(file.sha256 == Place.sha256)
        let starts = server.requests.map { $0.rangeStart ?? 0 }
        #expect(starts == [0, 200_000, 400_000, 600_000])
        #expect(server.requests[1].headers["if-range"] == "\"v1\"")
    }

    @Test func inAnotherRun() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            if request.number == 1 { answer = FileServer.Answer(status: 404) }
            return answer
        }
        defer { server.stop() }
        #expect(await place.failure(server.url("/f.bin"))?.code == .notFound)
        #expect(place.partBytes == 300_000)
        let file = try await place.fetch(server.url("/f.bin"), sha256: Place.sha256)
        #expect(file.sha256 == Place.sha256)
        #expect(server.requests[2].rangeStart == 300_000)
        #expect(place.leftovers.isEmpty)
    }

    @Test func whenAllBytesAreHereAlready() async throws {
        let server = try FileServer { request in
            var answer = FileServer.serve(Place.bytes, to: request)
            // Says too much of the length, so that the connection ends too soon with every byte come.
            if request.number == 0 { answer.headers.append(("Content-Length", "1000001")) }
            return answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
    }

    @Test func anewWhenTheServerIgnoresRanges() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request, ignoresRange: true)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            return answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
        #expect(server.requests.count == 2)
    }

    /// A server that keeps to If-Range sends the new version whole; one that does not is found out by its tag.
    @Test(arguments: [true, false]) func anewWhenTheFileChanged(_ knowsIfRange: Bool) async throws {
        let server = try FileServer { [place] request in
            guard request.number > 0 else {
                let answer = FileServer.serve([UInt8](repeating: 7, count: 1_000_000), etag: "\"v0\"", to: request)
                return place.cutting(answer, after: 300_000, of: request)
            }
            var request = request
            if !knowsIfRange { request.headers["if-range"] = nil }
            return FileServer.serve(Place.bytes, to: request)
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
    }

    /// Of two URLs that share a name only one can go on with what has come.
    @Test func anewForAnotherURL() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 {
                answer = FileServer.serve([UInt8](repeating: 7, count: 1_000_000), to: request)
                answer = place.cutting(answer, after: 300_000, of: request)
            }
            if request.number == 1 { answer = FileServer.Answer(status: 404) }
            return answer
        }
        defer { server.stop() }
        #expect(await place.failure(server.url("/f.bin?v=1"))?.code == .notFound)
        #expect(try await place.fetch(server.url("/f.bin?v=2"), sha256: Place.sha256).sha256 == Place.sha256)
        #expect(server.requests[2].rangeStart == nil)
    }

    @Test(arguments: [nil, Place.sha256]) func withoutAValidator(_ sha256: String?) async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, etag: nil, to: request)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            return answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin"), sha256: sha256).sha256 == Place.sha256)
        // With a hash to check the result by, joining is safe.
        #expect(server.requests[1].rangeStart == (sha256 == nil ? nil : 300_000))
    }

    @Test func damagedRecordsMeanAnew() async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            if request.number == 1 { answer = FileServer.Answer(status: 404) }
            return answer
        }
        defer { server.stop() }
        _ = await place.failure(server.url("/f.bin"))
        let record = try #require(place.leftovers.first { $0.hasSuffix(".part.json") })
        try place.folder.write(Array(#"{"url":"#.utf8), record)
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
        #expect(server.requests[2].rangeStart == nil)
    }

    @Test func cancellationKeepsWhatCame() async throws {
        let server = try FileServer { request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 { answer.holdAfter = 300_000 }
            return answer
        }
        defer { server.stop() }
        let url = server.url("/f.bin")
        let task = Task { try await place.fetch(url) }
        #expect(await eventually { place.partBytes == 300_000 })
        task.cancel()
        let error = await #expect(throws: HubError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(place.partBytes == 300_000)
        #expect(!place.leftovers.contains { $0.hasSuffix(".lock") })
        #expect(try await place.fetch(url).sha256 == Place.sha256)
        #expect(server.requests[1].rangeStart == 300_000)
    }

    @Test func aWaitingTaskCanBeCancelled() async throws {
        let server = try FileServer { request in
            var answer = FileServer.serve(Place.bytes, to: request)
            answer.holdAfter = 300_000
            return answer
        }
        defer { server.stop() }
        let url = server.url("/f.bin")
        let first = Task { try await place.fetch(url) }
        #expect(await eventually { place.partBytes == 300_000 })
        let (reports, signal) = AsyncStream<DownloadProgress>.makeStream()
        let second = Task { try await place.fetch(url) { signal.yield($0) } }
        for await report in reports where report.phase == .waiting { break }
        second.cancel()
        let error = await #expect(throws: HubError.self) { try await second.value }
        #expect(error?.code == .cancelled)
        server.release()
        #expect(try await first.value.sha256 == Place.sha256)
    }
}
