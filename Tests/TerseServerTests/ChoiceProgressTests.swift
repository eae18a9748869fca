import TerseJSON
import Testing

@testable import TerseEngine
@testable import TerseServer

/// The pieces of a choice, and how a second worker goes on with them.
@Suite struct ChoiceProgressTests {
    static let head = AnswerHead(id: "chatcmpl-ab", created: 1, model: "m", fingerprint: "f")
    static let text = "Look: <tool_call>{\"name\": \"f\", \"arguments\": {\"x\": 1}}</tool_call>"

    private func progress(_ answeredBytes: Int) -> ChoiceProgress {
        ChoiceProgress(
            choice: 0, head: Self.head, parser: ToolCallParser(format: .tagged, names: ["f"]), opening: "",
            answeredBytes: answeredBytes, answeredTokens: 0)
    }

    private func whole(_ progress: inout ChoiceProgress, _ texts: [String]) -> AnswerDelta {
        texts.compactMap { progress.take(.text($0)) }.reduce(into: AnswerDelta(choice: 0)) { $0.take($1) }
    }

    /// Whatever the client has, the rest follows: the same text, the same calls under the same ids.
    @Test func goesOnWhereTheClientIs() throws {
        let bytes = Array(Self.text.utf8)
        var progress = progress(0)
        let all = whole(&progress, [Self.text])
        #expect(all.text == "Look:")
        #expect(all.calls == [AnswerDelta.Call(index: 0, id: "call_ab00", name: "f", arguments: "{\"x\": 1}")])
        for cut in 0...bytes.count {
            let first = String(decoding: bytes[..<cut], as: UTF8.self)
            var before = self.progress(0)
            var had = whole(&before, first.map { String($0) })
            // The worker's count goes with a piece that was sent; what is held back is not counted.
            var after = self.progress(cut)
            had.take(whole(&after, [Self.text]))
            #expect(had.text == all.text && had.calls == all.calls, "cut at \(cut)")
        }
    }

    /// The first piece of a call has its id and name, those that follow have arguments alone.
    @Test func callsComeInPieces() throws {
        var progress = progress(0)
        let deltas = Self.text.compactMap { progress.take(.text(String($0))) }.flatMap(\.calls)
        #expect(deltas.count == 8 && deltas[0].name == "f" && deltas[0].id == "call_ab00")
        #expect(deltas.dropFirst().allSatisfy { $0.id == nil && $0.name == nil && $0.index == 0 })
    }

    private func summary(_ reason: GenerationSummary.Reason, tokens: Int) -> GenerationSummary {
        GenerationSummary(
            reason: reason, tokens: Array(repeating: 5, count: tokens), promptTokens: 1, reusedTokens: 0, seed: 0,
            queueDuration: .zero, promptDuration: .zero, timeToFirstToken: nil, generationDuration: .zero)
    }

    /// Tokens whose text is still held back wait for it, and those of a stop string are not told.
    @Test func tokensGoWithTheTextThatTheyGave() throws {
        var progress = progress(0)
        #expect(progress.take(.tokens([GeneratedToken(id: 3), GeneratedToken(id: 4, textStart: 4)])) == nil)
        let taken = progress.take(.text("Look"))
        let delta = try #require(taken)
        #expect(delta.tokenIDs == [3] && delta.tokens.map(\.offset) == [0])
        #expect(delta.textBytes == 4)
        let next = [GeneratedToken(id: 6, textStart: 6), GeneratedToken(id: 7, textStart: 9)]
        #expect(progress.take(.tokens(next)) == nil)
        let more = progress.take(.text(" é"))
        #expect(more?.tokenIDs == [4, 6] && more?.tokens.map(\.offset) == [4, 5])
        let end = progress.take(.finished(summary(.stopString("x"), tokens: 4)))
        #expect(end?.tokens.isEmpty == true && end?.hiddenTokens == [7] && end?.tokenIDs == [7])
    }

    /// What ends a text without giving any is told with its end.
    @Test func tokensWithoutTextAreToldInTheEnd() throws {
        var progress = progress(0)
        _ = progress.take(.tokens([GeneratedToken(id: 3)]))
        _ = progress.take(.text("ab"))
        _ = progress.take(.tokens([GeneratedToken(id: 2, textStart: 2)]))
        let end = progress.take(.finished(summary(.endOfText, tokens: 2)))
        #expect(end?.tokens.map(\.offset) == [2] && end?.tokenIDs == [2] && end?.finish == .stop)
    }

    /// Every token is told once, with its place in the whole text, wherever the worker before was cut off.
    @Test func probabilitiesGoOnWhereTheClientIs() throws {
        let pieces = ["Once", " é", "", " up", "on"]
        let tokens = pieces.indices.map { index in
            GeneratedToken(id: Int32(index), textStart: pieces[..<index].joined().utf8.count)
        }
        func plain(_ count: Int, _ bytes: Int) -> ChoiceProgress {
            ChoiceProgress(
                choice: 0, head: Self.head, parser: nil, opening: "", answeredBytes: bytes, answeredTokens: count)
        }
        for cut in pieces.indices {
            var (before, told) = (plain(0, 0), AnswerDelta(choice: 0))
            _ = before.take(.tokens(tokens))
            for piece in pieces[...cut] { before.take(.text(piece)).map { told.take($0) } }
            var after = plain(told.tokens.count, pieces[...cut].joined().utf8.count)
            _ = after.take(.text(pieces[...cut].joined()))
            _ = after.take(.tokens(Array(tokens[told.tokens.count...])))
            after.take(.text(pieces[(cut + 1)...].joined())).map { told.take($0) }
            after.take(.finished(summary(.maxTokens, tokens: 5))).map { told.take($0) }
            #expect(told.tokens.map(\.token.id) == [0, 1, 2, 3, 4] && told.text == pieces.joined())
            #expect(told.tokens.map(\.offset) == [0, 4, 6, 6, 9])
        }
    }

    /// Where one call is wanted the answer ends with it, however much text the model has gone on with.
    @Test(arguments: [1, 7, 200]) func oneCallIsAll(size: Int) throws {
        let bytes = Array((Self.text + "\nAnd \(Self.text)").utf8)
        var progress = ChoiceProgress(
            choice: 0, head: Self.head,
            parser: ToolCallParser(format: .tagged, names: ["f"], allowsParallelCalls: false),
            opening: "", answeredBytes: 0, answeredTokens: 0)
        var told = AnswerDelta(choice: 0)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let places = start..<min(start + size, bytes.count)
            _ = progress.take(.tokens(places.map { GeneratedToken(id: 9, textStart: $0) }))
            progress.take(.text(String(decoding: bytes[places], as: UTF8.self))).map { told.take($0) }
        }
        #expect(progress.hasEnded)
        progress.take(.finished(summary(.cancelled, tokens: bytes.count))).map { told.take($0) }
        #expect(told.text == "Look:" && told.calls.map(\.arguments) == ["{\"x\": 1}"] && told.finish == .toolCalls)
        let outcome = try #require(progress.outcome)
        #expect(outcome.isWhole && outcome.tokenCount == Self.text.utf8.count)
        #expect(told.tokens.count == Self.text.utf8.count)
    }

    /// The model fails behind the one call that was wanted, before it was stopped: the answer is whole all the same.
    @Test func errorsBehindTheAnswerAreNotItsOwn() throws {
        var progress = ChoiceProgress(
            choice: 0, head: Self.head,
            parser: ToolCallParser(format: .tagged, names: ["f"], allowsParallelCalls: false), opening: "",
            answeredBytes: 0, answeredTokens: 0)
        let error = EngineError(.model, "logits that are not numbers")
        #expect(throws: APIError(error)) { try progress.event(of: .failure(error)) }
        _ = progress.take(.text(Self.text))
        let event = try #require(try progress.event(of: .failure(error)))
        #expect(progress.take(event)?.finish == .toolCalls && progress.outcome?.isWhole == true)
    }
}
