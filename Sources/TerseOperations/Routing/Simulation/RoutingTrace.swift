import Foundation

/// Requests that were recorded, or measured, with what each variant makes of them.
///
/// A file of JSON values, one a line. The first is `{"profiles": [...]}`, with the members of `VariantProfile`; every
/// other one is a `TracedRequest`, in which `"prompt": "text"` may stand in place of `features`: they are then read off
/// it, with its `prompt_tokens` and `output_tokens_max` where those stand beside it. Times do not fall. Members that
/// nobody knows are errors.
public struct RoutingTrace: Sendable, Equatable {
    public var profiles: [VariantProfile]
    public var requests: [TracedRequest]

    public static let requestsMax = 1_000_000
    public static let lineBytesMax = 1 << 20

    /// - Throws: `RoutingError` for profiles that are wrong, or requests that do not fit them.
    public init(profiles: [VariantProfile], requests: [TracedRequest]) throws(RoutingError) {
        (self.profiles, self.requests) = (profiles, [])
        try RouterPlan(profiles, RoutingPolicy(.balanced)).check()
        for (index, request) in requests.enumerated() {
            do { try append(request) } catch {
                throw RoutingError("request \(index + 1): \(error)")
            }
        }
    }

    /// Reads a file's bytes; empty lines are passed over.
    /// - Throws: `RoutingError` naming line and member.
    public init(_ file: Data) throws(RoutingError) {
        (profiles, requests) = ([], [])
        var (number, rest) = (0, file[...])
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            number += 1
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) else { continue }
            do { try read(line) } catch { throw RoutingError("line \(number): \(error)") }
        }
        guard !requests.isEmpty else { throw RoutingError("expected profiles and requests, found \(number) lines") }
    }

    /// The file that is read back as this.
    public func file() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(TraceLine.Profiles(profiles: profiles)) + Data("\n".utf8)
        for request in requests { data += try encoder.encode(request) + Data("\n".utf8) }
        return data
    }

    private mutating func read(_ line: Data) throws(RoutingError) {
        guard line.count <= Self.lineBytesMax else {
            throw RoutingError("expected at most \(Self.lineBytesMax) bytes, found \(line.count)")
        }
        guard profiles.isEmpty else { return try append(TraceLine.request(line)) }
        profiles = try TraceLine.profiles(line)
        try RouterPlan(profiles, RoutingPolicy(.balanced)).check()
    }

    private mutating func append(_ request: TracedRequest) throws(RoutingError) {
        guard requests.count < Self.requestsMax else {
            throw RoutingError("expected at most \(Self.requestsMax) requests, found more")
        }
        try request.check(profiles.map(\.name))
        if let last = requests.last, request.time < last.time {
            throw RoutingError("time: expected at least \(last.time), found \(request.time)")
        }
        requests.append(request)
    }
}
