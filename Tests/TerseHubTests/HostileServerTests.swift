import Foundation
import NIOSSL
import Synchronization
import TestSupport
import Testing

@testable import TerseHub

/// Servers that lie, stall or talk nonsense: every one ends in an error or in the right bytes, none in a trap or a hang.
@Suite struct HostileServerTests {
    let place: Place

    init() throws { place = try Place() }

    static let heads = [
        "garbage\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 99999 What\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nX: \u{0}\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Header: of many\r\n", count: 100_000) + "\r\n",
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 10_000_000) + "\r\n\r\n",
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n",
        "",
    ]

    @Test(arguments: heads.indices) func nonsense(_ index: Int) async throws {
        let server = try FileServer { _ in FileServer.Answer(rawHead: Self.heads[index], body: [1, 2, 3]) }
        defer { server.stop() }
        let error = try #require(await place.failure(server.url("/f.bin")))
        #expect([.network, .noSpace, .refused, .sizeMismatch].contains(error.code), "\(error)")
        #expect(server.requests.count <= place.configuration.maximumFruitlessAttempts)
    }

    /// In place of the range from FIRST to 999999 that was asked for.
    static let ranges = [
        "bytes 0-999999/1000000", "bytes NEXT-999999/1000000", "bytes FIRST-999999/5", "bytes FIRST-0/1000000",
        "bytes FIRST-999999/-1", "bytes FIRST-9223372036854775807/9223372036854775808", "bytes -FIRST-1/2", "bytes",
        "lines FIRST-999999/1000000", "bytes FIRST-999999/2000000", "", "bytes */1000000",
    ]

    /// The first answer is cut; the second claims to be another part than was asked for, or of another file.
    @Test(arguments: ranges) func lyingRanges(_ range: String) async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 { answer = place.cutting(answer, after: 300_000, of: request) }
            if request.number == 1, let first = request.rangeStart {
                answer.headers.removeAll { $0.0 == "Content-Range" }
                let range = range.replacing("FIRST", with: "\(first)").replacing("NEXT", with: "\(first + 1)")
                answer.headers.append(("Content-Range", range))
            }
            return answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin")).sha256 == Place.sha256)
        #expect(server.requests.map(\.rangeStart) == [nil, 300_000, nil])
    }

    /// The end of a part is not the end of the file. Without a total the first answer's length tells, or a hash; where
    /// neither is known, parts are of no use.
    @Test(arguments: [true, false], [nil, Place.sha256])
    func rangesWithoutATotal(_ isLengthKnown: Bool, _ sha256: String?) async throws {
        let server = try FileServer { [place] request in
            var answer = FileServer.serve(Place.bytes, to: request)
            if request.number == 0 {
                if !isLengthKnown { answer.framing = .chunked }
                answer = place.cutting(answer, after: 300_000, of: request)
            } else if let first = request.rangeStart, answer.status == 206 {
                let last = min(first + 399_999, 999_999)
                answer.headers.removeAll { $0.0 == "Content-Range" }
                answer.headers.append(("Content-Range", "bytes \(first)-\(last)/*"))
                answer.body = Array(Place.bytes[first...last])
            }
            return answer
        }
        defer { server.stop() }
        #expect(try await place.fetch(server.url("/f.bin"), sha256: sha256).sha256 == Place.sha256)
        let isUseful = isLengthKnown || sha256 != nil
        #expect(server.requests.map(\.rangeStart) == (isUseful ? [nil, 300_000, 700_000] : [nil, 300_000, nil]))
    }

    @Test(arguments: ["-9223372036854775808", "-1", "9223372036854775807", "many", "999999", "1000001"])
    func lyingSizesOfTheHub(_ size: String) async throws {
        let server = try FileServer { request in
            FileServer.Answer(headers: [("X-Linked-Size", size)], body: Place.bytes, framing: .chunked)
        }
        defer { server.stop() }
        // What is no number is passed over; a wrong one is not.
        let error = await place.hub(at: server).failure("hf:o/n/f.bin")
        if let error { #expect([.sizeMismatch, .noSpace, .network].contains(error.code), "\(error)") }
        #expect((error == nil) == (Int64(size) ?? -1 < 0))
    }

    /// A body without an end stops where the disk would be full.
    @Test func endlessBodies() async throws {
        let server = try FileServer { request in
            var answer = FileServer.serve(Place.bytes, to: request)
            answer.framing = .chunked
            answer.isEndless = true
            return answer
        }
        defer { server.stop() }
        var small = place
        let checks = Mutex(0)
        small.configuration.spaceCheckBytes = 1 << 20
        small.configuration.freeBytes = { _ in
            checks.withLock { count in
                count += 1
                return count < 4 ? 1 << 40 : 0
            }
        }
        let error = await small.failure(server.url("/f.bin"))
        #expect(error?.code == .noSpace, "\(String(describing: error))")
        #expect(error?.message.contains("does not say how much is to come") == true)
    }

    /// One byte an attempt is progress, but not for ever.
    @Test func attemptsAreBounded() async throws {
        let server = try FileServer { [place] request in
            place.cutting(FileServer.serve(Place.bytes, to: request), after: 1, of: request)
        }
        defer { server.stop() }
        var place = place
        place.configuration.maximumAttempts = 20
        let error = await place.failure(server.url("/f.bin"))
        #expect(error?.code == .network && error?.message.contains("given up after 20 attempts") == true)
        #expect(server.requests.count == 20)
        #expect(place.partBytes == 20)
    }

    @Test func silence() async throws {
        var impatient = place
        impatient.configuration.idleTimeout = .milliseconds(200)
        impatient.configuration.maximumAttempts = 2
        for holdsHead in [true, false] {
            let server = try FileServer { request in
                var answer = FileServer.serve(Place.bytes, to: request)
                (answer.holdsHead, answer.holdAfter) = (holdsHead, 1000)
                return answer
            }
            defer { server.stop() }
            #expect(await impatient.failure(server.url("/\(holdsHead).bin"))?.code == .timeout)
        }
    }

    @Test func encodings() async throws {
        let server = try FileServer { _ in FileServer.Answer(headers: [("Content-Encoding", "gzip")], body: [1]) }
        defer { server.stop() }
        #expect(await place.failure(server.url("/f.bin"))?.message.contains("gzip") == true)
    }

    /// Port 1 is nobody's: the port of a server that stopped may be another test's server by now.
    @Test func noServer() async throws {
        let error = await place.failure("http://127.0.0.1:1/f.bin")
        #expect(error?.code == .network)
        #expect(error?.message.contains("given up after 6 attempts") == true, "\(String(describing: error))")
    }

    /// A server that cannot speak TLS is not asked again; a connection that was cut is.
    @Test func secureConnections() async throws {
        let server = try FileServer { _ in FileServer.Answer(body: [1]) }
        defer { server.stop() }
        let error = await place.failure("https://127.0.0.1:\(server.port)/f.bin")
        #expect(error?.code == .network && error?.message.contains("given up") == false, "\(String(describing: error))")
        let url = URL(string: "https://h.org/f")!
        #expect(AttemptFailure(NIOSSLError.uncleanShutdown, url: url).isTransient)
        #expect(AttemptFailure(NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), url: url).isTransient)
        let distrusted = AttemptFailure(NIOSSLError.unableToValidateCertificate, url: url)
        #expect(!distrusted.isTransient && distrusted.error.message.contains("not trusted"))
    }
}
