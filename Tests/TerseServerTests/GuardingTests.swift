import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import TerseServer

/// Keys and what they may use, on a clock that the test turns.
@Suite struct GuardingTests {
    @Test func requestsRefillSteadily() throws {
        var limiter = RateLimiter(RateLimits(requestsPerMinute: 2), now: .zero)
        try limiter.admit(now: .zero)
        try limiter.admit(now: .zero)
        let refusal = try #require(throws: APIError.self) { try limiter.admit(now: .zero) }
        #expect(refusal.status == .tooManyRequests)
        #expect(refusal.retryAfterSeconds == 30)
        #expect(throws: APIError.self) { try limiter.admit(now: .seconds(29)) }
        try limiter.admit(now: .seconds(30))
        #expect(limiter.standing(now: .seconds(30)).requests?.remaining == 0)
        #expect(limiter.standing(now: .seconds(600)).requests?.remaining == 2, "no more than a minute's worth")
    }

    @Test func tokensAreChargedAfterwards() throws {
        var limiter = RateLimiter(RateLimits(tokensPerMinute: 60), now: .zero)
        try limiter.admit(now: .zero)
        limiter.charge(tokens: 90, now: .zero)
        let refusal = try #require(throws: APIError.self) { try limiter.admit(now: .zero) }
        #expect(refusal.retryAfterSeconds == 31)
        try limiter.admit(now: .seconds(31))
        #expect(limiter.standing(now: .seconds(31)).requests == nil)
    }

    @Test func keysAreKnownByTheirHashes() throws {
        let gatekeeper = Gatekeeper(
            [APIKey(name: "alice", hash: APIKey.hash(of: "secret"), priority: 3)], isLoopback: true)
        let client = try gatekeeper.identify([.authorization: "Bearer secret"]).client
        #expect(client.name == "alice" && client.priority == 3 && client.priorityMax == 3)
        // As the password of basic authentication, which addresses may have.
        let basic = Data("anybody:secret".utf8).base64EncodedString()
        #expect(try gatekeeper.identify([.authorization: "Basic \(basic)"]).client.name == "alice")
        let wrong: [HTTPFields] = [
            [:], [.authorization: "Bearer other"], [.authorization: "secret"], [.authorization: "Basic secret"],
            [.authorization: "Basic " + Data("secret".utf8).base64EncodedString()],
        ]
        for headers in wrong {
            let error = #expect(throws: APIError.self) { _ = try gatekeeper.identify(headers) }
            #expect(error?.status == .unauthorized)
        }
        let anybody = try Gatekeeper([], isLoopback: true).identify([:]).client
        #expect(anybody.isAdministrator, "whoever sits at the machine")
        #expect(try !Gatekeeper([], isLoopback: false).identify([:]).client.isAdministrator)
        #expect(!client.isAdministrator, "a key is none unless its file says so")
        #expect(anybody.tenant == 0 && anybody.priorityMax == 100)
    }

    @Test func keyFilesAreReadStrictly() throws {
        let folder = try TemporaryFolder()
        let hash = Hexadecimal.text(APIKey.hash(of: "secret"))
        let good = try folder.write(
            "{\"keys\": [{\"name\": \"a\", \"sha256\": \"\(hash)\", \"requests_per_minute\": 5}]}".utf8, "good")
        #expect(
            try KeyFile.read(good) == [
                APIKey(name: "a", hash: APIKey.hash(of: "secret"), limits: RateLimits(requestsPerMinute: 5))
            ])
        for (text, word) in [
            ("{}", "keys"), ("{\"keys\": [{\"name\": \"a\", \"sha256\": \"12\"}]}", "sha256"),
            ("{\"keys\": [{\"name\": \"a\", \"sha256\": \"\(hash)\", \"limit\": 5}]}", "limit"), ("[", "line 1"),
        ] {
            let path = try folder.write(text.utf8, "bad")
            let error = #expect(throws: ServerError.self) { _ = try KeyFile.read(path) }
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }
    }

    /// That there is no such file is another fault than that it is none of PEM.
    @Test func filesOfTLSMustBeThere() throws {
        let folder = try TemporaryFolder()
        let empty = try folder.write("".utf8, "empty")
        let cases = [(folder.path("absent"), "cannot be read: No such file"), (empty, "no certificate in PEM")]
        for (path, words) in cases {
            let error = #expect(throws: ServerError.self) {
                _ = try TLSFiles(certificate: path, key: empty).configuration()
            }
            #expect(error?.message.hasPrefix("\(path): \(words)") == true, "\(error?.message ?? "")")
        }
    }

    @Test func restartsWaitLonger() {
        var policy = RestartPolicy()
        let delays = (0..<4).map { _ in policy.delay(afterLifetime: .zero) }
        #expect(delays == [.zero, .milliseconds(200), .milliseconds(400), .milliseconds(800)])
        for _ in 0..<40 { _ = policy.delay(afterLifetime: .zero) }
        #expect(policy.delay(afterLifetime: .zero) == policy.delayMax)
        #expect(policy.delay(afterLifetime: .seconds(61)) == .zero)
    }

    @Test func tracesGoOn() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let trace = TraceContext(parent: parent, state: "a=b")
        #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.parentID == "b7ad6b7169203331")
        #expect(trace.header == "00-0af7651916cd43dd8448eb211c80319c-\(trace.spanID)-01")
        for bad in ["", "00", parent.uppercased(), "ff" + parent.dropFirst(2), parent + "-x", "00-0-0-01"] {
            #expect(TraceContext(parent: bad, state: "a=b").parentID == nil, "\(bad)")
        }
    }
}
