import Foundation
import Synchronization
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
        let statuses = Mutex<[Int]>([])
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            statuses.withLock { $0.append(answer.status) }
            guard request.number == 0 else { return answer }
            // Every byte comes, but not the last chunk, which says that there are no more.
            answer.framing = .chunked
            return place.cutting(answer, after: 1_000_000, of: request)
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
        #expect(server.requests.map(\.rangeStart) == [nil, 1_000_000])
        #expect(statuses.withLock { $0 } == [200, 416])
    }

    @Test func nothingIsKeptOfNothing() async throws {
        let server = try FileServer { _ in FileServer.Answer(status: 404) }
        defer { server.stop() }
        #expect(await place.failure(server.url("/f.bin"))?.code == .notFound)
        #expect(place.leftovers.isEmpty)
    }

    /// A time proves that nothing changed when it was no longer fresh as the answer was made; with the rest of a file it
    /// need not be said again.
    @Test(arguments: [("Sun, 06 Nov 1994 08:49:38 GMT", true), ("Sun, 06 Nov 1994 08:49:37 GMT", false), (nil, false)])
    func underATime(_ date: String?, _ isStrong: Bool) async throws {
        let changed = "Sun, 06 Nov 1994 08:49:37 GMT"
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, etag: request.rangeStart == nil ? nil : changed, to: request)
            answer.headers.removeAll { $0.0 == "ETag" }
            if answer.status == 200 { answer.headers.append(("Last-Modified", changed)) }
            if let date { answer.headers.append(("Date", date)) }
            return request.number < 2 ? place.cutting(answer, after: 300_000, of: request) : answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
        #expect(server.requests.map(\.rangeStart) == (isStrong ? [nil, 300_000, 600_000] : [nil, nil, nil]))
        if isStrong { #expect(server.requests[2].headers["if-range"] == changed) }
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

    /// Bytes that nothing proved do not come by a proof with the rest: a later try without the hash begins anew.
    @Test func unprovenBytesStayUnproven() async throws {
        let server = try FileServer { [place] request in
            switch request.number {
            case 0: place.cutting(FileServer.serve(Place.bytes, etag: nil, to: request), after: 300_000, of: request)
            case 2: place.cutting(FileServer.serve(Place.bytes, to: request), after: 50_000, of: request)
            case 1, 3: FileServer.Answer(status: 404)
            default: FileServer.serve(Place.bytes, to: request)
            }
        }
        defer { server.stop() }
        let url = server.url("/f.bin")
        // Without a proof or a hash the first is given up; with the hash it would go on.
        _ = await place.failure(url, sha256: Place.sha256)
        _ = await place.failure(url, sha256: Place.sha256)
        #expect(try await place.fetch(url).sha256 == Place.sha256)
        #expect(server.requests.map(\.rangeStart) == [nil, 300_000, 300_000, 350_000, nil])
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
