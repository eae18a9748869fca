import TerseJSON
import Testing

@testable import TerseServer

/// Calls found in the texts of models, however the texts come.
@Suite struct ToolCallParserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let format: ToolCallFormat
        let text: String
        let pieces: [ToolCallPiece]

        var testDescription: String { name }
    }

    static let paris: ToolCallPiece = .call(name: "weather", arguments: ["city": "Paris"])
    static let rome: ToolCallPiece = .call(name: "weather", arguments: ["city": "Rome {\"}"])

    static let cases = [
        Case(name: "no call", format: .tagged, text: "Just <text>.", pieces: [.text("Just <text>.")]),
        Case(
            name: "a call behind text", format: .tagged,
            text: "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}\n"
                + "</tool_call>",
            pieces: [.text("Let me see."), paris]),
        Case(
            name: "two calls", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n"
                + "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome {\\\"}\"}}</tool_call>",
            pieces: [paris, rome]),
        Case(
            name: "a call that is not closed", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}", pieces: [paris]),
        Case(
            name: "no JSON", format: .tagged, text: "<tool_call>weather</tool_call> was it",
            pieces: [.text("<tool_call>weather</tool_call> was it")]),
        Case(
            name: "a function that was not offered", format: .tagged,
            text: "<tool_call>{\"name\": \"other\"}</tool_call>",
            pieces: [.text("<tool_call>{\"name\": \"other\"}</tool_call>")]),
        Case(
            name: "bare", format: .bareObject, text: "{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}",
            pieces: [paris]),
        Case(
            name: "bare, two, marked", format: .bareObject,
            text: "<|python_tag|>{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}; "
                + "{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome {\\\"}\"}}", pieces: [paris, rome]),
        Case(
            name: "an object that is no call", format: .bareObject, text: "{\"a\": {\"b\": 1}} is JSON",
            pieces: [.text("{\"a\": {\"b\": 1}} is JSON")]),
        Case(
            name: "a list", format: .list,
            text: "[TOOL_CALLS] [{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}, "
                + "{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome {\\\"}\"}}]", pieces: [paris, rome]),
        Case(name: "a list that is none", format: .list, text: "[1] A footnote.", pieces: [.text("[1] A footnote.")]),
    ]

    @Test(arguments: cases) func textAtOnce(_ wanted: Case) {
        var parser = ToolCallParser(format: wanted.format, names: ["weather"])
        #expect(Self.joined(parser.append(wanted.text) + parser.finish()) == wanted.pieces)
    }

    @Test(arguments: cases) func textInTwoPieces(_ wanted: Case) {
        for index in wanted.text.indices {
            var parser = ToolCallParser(format: wanted.format, names: ["weather"])
            var pieces = parser.append(String(wanted.text[..<index]))
            pieces += parser.append(String(wanted.text[index...]))
            #expect(Self.joined(pieces + parser.finish()) == wanted.pieces, "cut at \(wanted.text[..<index])")
        }
    }

    @Test(arguments: cases) func textCharacterByCharacter(_ wanted: Case) {
        var parser = ToolCallParser(format: wanted.format, names: ["weather"])
        var pieces: [ToolCallPiece] = []
        for character in wanted.text { pieces += parser.append(String(character)) }
        #expect(Self.joined(pieces + parser.finish()) == wanted.pieces)
    }

    /// What an answer is made to begin with is the beginning of a call.
    @Test(arguments: [ToolCallFormat.tagged, .bareObject, .list]) func openingsBeginCalls(_ format: ToolCallFormat) {
        var parser = ToolCallParser(format: format, names: ["weather"])
        #expect(parser.append(format.opening).isEmpty)
        let call = "{\"name\": \"weather\", \"\(format.argumentsKey)\": {\"city\": \"Paris\"}}"
        #expect(parser.append(call) + parser.append(format.closing) + parser.finish() == [Self.paris])
    }

    @Test func formatsAreSeenInTemplates() {
        #expect(ToolCallFormat(template: "… <tool_call>\n{{ tool_call | tojson }}") == .tagged)
        #expect(ToolCallFormat(template: "… '\"parameters\": ' …") == .bareObject)
        #expect(ToolCallFormat(template: "… [TOOL_CALLS] …") == .list)
    }

    private static func joined(_ pieces: [ToolCallPiece]) -> [ToolCallPiece] {
        pieces.reduce(into: []) { result, piece in
            if case .text(let more) = piece, case .text(let before)? = result.last {
                result[result.count - 1] = .text(before + more)
            } else {
                result.append(piece)
            }
        }
    }
}
