/// A place in a trace, as W3C Trace Context has it: `traceparent` of version 00 and the `tracestate` that came with it.
struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits.
    let traceID: String
    /// Of the work itself: 16 hexadecimal digits.
    let spanID: String
    /// Of the work that asked for it.
    let parentID: String?
    let isSampled: Bool
    let state: String?

    static let stateBytesMax = 512

    /// A trace of its own.
    init() { self.init(parent: nil, state: nil) }

    /// A step further in the trace that `parent` names; a trace of its own when that is absent or malformed.
    init(parent: String?, state: String?) {
        spanID = Self.randomHex(words: 1)
        let parts = (parent ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] != "ff", Self.isHex(parts[0], 2), Self.isHex(parts[1], 32),
            Self.isHex(parts[2], 16), Self.isHex(parts[3], 2), parts[0] != "00" || parts.count == 4,
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else {
            (traceID, parentID, isSampled, self.state) = (Self.randomHex(words: 2), nil, false, nil)
            return
        }
        traceID = String(parts[1])
        parentID = String(parts[2])
        isSampled = (UInt8(parts[3], radix: 16) ?? 0) & 1 == 1
        self.state = state.flatMap { $0.utf8.count <= Self.stateBytesMax ? $0 : nil }
    }

    /// What is passed on.
    var header: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy(\.isLowercaseHex)
    }

    private static func randomHex(words: Int) -> String {
        (0..<words).map { _ in Hexadecimal.text(UInt64.random(in: 1...UInt64.max)) }.joined()
    }
}
