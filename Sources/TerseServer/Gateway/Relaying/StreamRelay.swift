import NIOCore

/// Follows a worker's stream: takes out what the worker notes for its gateway, and remembers how far each choice has
/// come.
struct StreamRelay: Sendable {
    /// How far the choices have come: what another worker needs to go on.
    private(set) var choices: [GatewayContext.Choice] = []
    /// What the worker said that the request took: its prompt at first, all in the end.
    private var noted = Usage()
    /// Whether the stream came to its end, be it an error.
    private(set) var isFinished = false
    /// Whether that was an error.
    private(set) var hasFailed = false
    /// Whether the client is not told of an error, since another worker is to go on.
    var holdsErrors = false
    /// Whether the client has all but the mark of the end.
    private(set) var isClosed = false
    /// Of an event that is not complete yet.
    private var rest: [UInt8] = []

    /// What the request took as far as it has come.
    var usage: Usage {
        var usage = noted
        usage.completionTokens = max(noted.completionTokens, choices.reduce(0) { $0 + $1.generated.count })
        return usage
    }

    /// Tokens that came, of all choices.
    var tokenCount: Int { choices.reduce(0) { $0 + $1.generated.count } }

    /// Grows whenever the model has done something for the request.
    var progress: Int { choices.reduce(0) { $0 + $1.generated.count + ($1.isFinished ? 1 : 0) } }

    /// The longest event.
    static let eventBytesMax = 8 << 20

    /// - Returns: what the client is to get: whole events.
    /// - Throws: `APIError` for an event beyond all bounds.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(APIError) -> String {
        var out = ""
        for byte in bytes {
            rest.append(byte)
            guard rest.count > 1, rest.suffix(2) == [UInt8(ascii: "\n"), UInt8(ascii: "\n")] else { continue }
            out += event(String(decoding: rest, as: UTF8.self))
            rest.removeAll(keepingCapacity: true)
        }
        guard rest.count <= Self.eventBytesMax else {
            throw APIError(.badGateway, .server, "the worker sent an event of more than \(Self.eventBytesMax) bytes")
        }
        return out
    }

    /// What was not complete when the worker died is forgotten.
    mutating func restart() { rest.removeAll() }

    /// What is left of an event for the client.
    private mutating func event(_ text: String) -> String {
        var out = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if let note = StreamNote(line: line) {
                take(note)
                continue
            }
            if line.hasPrefix("data: {\"error\"") {
                guard !holdsErrors else { continue }
                (isFinished, hasFailed) = (true, true)
            } else if line == "data: [DONE]" {
                isFinished = true
            }
            out += line + "\n"
        }
        return out.isEmpty ? "" : out + "\n"
    }

    private mutating func take(_ note: StreamNote) {
        switch note {
        case .usage(let usage): noted = usage
        case .closing: isClosed = true
        case .progress(let choice, let textBytes, let isFinished, let tokens):
            guard (0..<APILimits.inputsMax).contains(choice) else { return }
            while choices.count <= choice { choices.append(GatewayContext.Choice()) }
            choices[choice].generated += tokens
            choices[choice].textBytes = textBytes
            choices[choice].isFinished = isFinished
        }
    }
}
