import TerseEngine
import TerseJSON
import Testing

@testable import TerseServer

/// The pieces of a choice, and how a second worker goes on with them.
@Suite struct ChoiceProgressTests {
    static let head = AnswerHead(id: "chatcmpl-ab", created: 1, model: "m", fingerprint: "f")
    static let text = "Look: <tool_call>{\"name\": \"f\", \"arguments\": {\"x\": 1}}</tool_call>"

    private func progress(_ answeredBytes: Int) -> ChoiceProgress {
        ChoiceProgress(
            choice: 0, head: Self.head, parser: ToolCallParser(format: .tagged, names: ["f"]), opening: "",
            answeredBytes: answeredBytes)
    }

    private func parts(_ progress: inout ChoiceProgress, _ texts: [String]) -> (String, [AnswerDelta.Call]) {
        let deltas = texts.compactMap { progress.take(.text($0)) }
        return (deltas.map(\.text).joined(), deltas.flatMap(\.calls))
    }

    /// Whatever the client has, the rest follows: the same text, the same calls under the same ids.
    @Test func goesOnWhereTheClientIs() throws {
        let bytes = Array(Self.text.utf8)
        var whole = progress(0)
        let (text, calls) = parts(&whole, [Self.text])
        #expect(text == "Look:")
        #expect(calls.map(\.name) == ["f"])
        for cut in 0...bytes.count {
            let first = String(decoding: bytes[..<cut], as: UTF8.self)
            var before = progress(0)
            let had = parts(&before, [first])
            // The worker's count goes with a piece that was sent; what is held back is not counted.
            var after = progress(cut)
            let rest = parts(&after, [Self.text])
            #expect(had.0 + rest.0 == text, "cut at \(cut)")
            #expect(had.1 + rest.1 == calls, "cut at \(cut)")
        }
    }

    @Test func tokensGoWithTheTextThatTheyGave() throws {
        var progress = progress(0)
        #expect(progress.take(.tokens([GeneratedToken(id: 3)])) == nil)
        let taken = progress.take(.text("Look"))
        let delta = try #require(taken)
        #expect(delta.tokens.map(\.id) == [3])
        #expect(delta.textBytes == 4)
    }
}
