import Testing

@testable import TerseServer

/// What a gateway takes out of a worker's stream, however the bytes come.
@Suite struct StreamRelayTests {
    static let stream =
        StreamNote.progress(choice: 1, textBytes: 4, isFinished: false, tokens: [5, 6]).line + "data: {\"a\":1}\n\n"
        + StreamNote.progress(choice: 1, textBytes: 7, isFinished: true, tokens: [7]).line + "data: {\"b\":\"é\"}\n\n"
        + StreamNote.usage(Usage(promptTokens: 3, completionTokens: 9)).line + "data: [DONE]\n\n"
    static let usageEvent = "data: {\"choices\":[],\"usage\":{}}\n\n"

    private func check(_ relay: StreamRelay, _ text: String) {
        #expect(text == "data: {\"a\":1}\n\ndata: {\"b\":\"é\"}\n\ndata: [DONE]\n\n")
        #expect(
            relay.choices == [
                GatewayContext.Choice(), GatewayContext.Choice(generated: [5, 6, 7], textBytes: 7, isFinished: true),
            ])
        #expect(relay.usage == Usage(promptTokens: 3, completionTokens: 9))
        #expect(relay.isFinished)
    }

    @Test func notesStayInside() throws {
        var relay = StreamRelay()
        let text = try relay.take(Self.stream.utf8)
        check(relay, text)
    }

    @Test func cutsAnywhereChangeNothing() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in bytes.indices {
            var relay = StreamRelay()
            let text = try relay.take(bytes[..<cut]) + relay.take(bytes[cut...])
            check(relay, text)
        }
    }

    /// An event that came in part when the worker died is told anew by the next.
    @Test func halfAnEventIsForgotten() throws {
        var relay = StreamRelay()
        let cut = Self.stream.utf8.count - 60
        _ = try relay.take(Self.stream.utf8.prefix(cut))
        #expect(relay.choices.last == GatewayContext.Choice(generated: [5, 6], textBytes: 4, isFinished: false))
        relay.restart()
        #expect(try relay.take("data: [DONE]\n\n".utf8) == "data: [DONE]\n\n")
    }

    /// A worker that dies behind the event that tells the usage has told all.
    @Test func theUsageEventIsTheLast() throws {
        var relay = StreamRelay()
        _ = try relay.take(StreamNote.usage(Usage(promptTokens: 3, completionTokens: 0)).line.utf8)
        _ = try relay.take(Self.stream.utf8.dropLast(14))
        #expect(!relay.isClosed && !relay.isFinished && relay.progress == 4)
        let last = StreamNote.closing.line + Self.usageEvent
        #expect(try relay.take(last.utf8.dropLast(1)).isEmpty && !relay.isClosed)
        #expect(try relay.take("\n".utf8) == Self.usageEvent && relay.isClosed && !relay.isFinished)
    }

    @Test func errorsEndAStream() throws {
        var relay = StreamRelay()
        _ = try relay.take("data: {\"error\":{\"message\":\"x\"}}\n\n".utf8)
        #expect(relay.isFinished)
    }
}
