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

    @Test func tokensGoWithTheTextThatTheyGave() throws {
        var progress = progress(0)
        #expect(progress.take(.tokens([GeneratedToken(id: 3)])) == nil)
        let taken = progress.take(.text("Look"))
        let delta = try #require(taken)
        #expect(delta.tokens.map(\.id) == [3])
        #expect(delta.textBytes == 4)
    }
}
