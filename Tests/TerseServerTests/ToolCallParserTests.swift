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

    static let paris: [ToolCallPiece] = [.call(name: "weather"), .arguments("{\"city\": \"Paris\"}")]
    static let rome: [ToolCallPiece] = [.call(name: "weather"), .arguments("{\"city\": \"Rome {\\\"}\"}")]
    /// Read when it had ended, and spelled anew.
    static let oslo: [ToolCallPiece] = [.call(name: "weather"), .arguments("{\"city\":\"Oslo\"}")]

    static let cases = [
        Case(name: "no call", format: .tagged, text: "Just <text>.", pieces: [.text("Just <text>.")]),
        Case(
            name: "a call behind text", format: .tagged,
            text: "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}\n"
                + "</tool_call>",
            pieces: [.text("Let me see.")] + paris),
        Case(
            name: "two calls", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n"
                + "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome {\\\"}\"}}</tool_call>",
            pieces: paris + rome),
        Case(
            name: "a call that is not closed", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}", pieces: paris),
        Case(
            name: "no JSON", format: .tagged, text: "<tool_call>weather</tool_call> was it",
            pieces: [.text("<tool_call>weather</tool_call> was it")]),
        Case(
            name: "a function that was not offered", format: .tagged,
            text: "<tool_call>{\"name\": \"other\"}</tool_call>",
            pieces: [.text("<tool_call>{\"name\": \"other\"}</tool_call>")]),
        Case(
            name: "bare", format: .bareObject, text: "{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}",
            pieces: paris),
        Case(
            name: "bare, two, marked", format: .bareObject,
            text: "<|python_tag|>{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}; "
                + "{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome {\\\"}\"}}", pieces: paris + rome),
        Case(
            name: "an object that is no call", format: .bareObject, text: "{\"a\": {\"b\": 1}} is JSON",
            pieces: [.text("{\"a\": {\"b\": 1}} is JSON")]),
        Case(
            name: "a list", format: .list,
            text: "[TOOL_CALLS] [{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}, "
                + "{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome {\\\"}\"}}]", pieces: paris + rome),
        Case(
            name: "arguments before the name", format: .tagged,
            text: "<tool_call>{\"arguments\": {\"city\": \"Oslo\"}, \"name\": \"weather\"}</tool_call> so.",
            pieces: oslo + [.text("so.")]),
        Case(
            name: "a list in marks", format: .tagged,
            text: "<tool_call>[{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}]</tool_call>", pieces: oslo),
        Case(
            name: "arguments in a string", format: .bareObject,
            text: "{\"name\": \"weather\", \"parameters\": \"{\\\"city\\\":\\\"Oslo\\\"}\"}", pieces: oslo),
        Case(
            name: "more members", format: .bareObject,
            text: "{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}, \"id\": {\"}\": 3}}\n", pieces: paris),
        Case(
            name: "no arguments", format: .tagged, text: "<tool_call>{\"name\": \"weather\"}</tool_call>",
            pieces: [.call(name: "weather"), .arguments("{}")]),
        Case(
            name: "arguments that are no JSON", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Par</tool_call>\nAs I said.",
            pieces: [.call(name: "weather"), .arguments("{\"city\": \"Par"), .text("As I said.")]),
        Case(
            name: "white space behind calls", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call> \n\n",
            pieces: paris),
        Case(
            name: "white space around a call", format: .tagged,
            text: "So:\n<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>"
                + "\nAs I said.\n",
            pieces: [.text("So:")] + paris + [.text("\nAs I said.\n")]),
        Case(
            name: "bare, with text behind", format: .bareObject,
            text: "{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}\n So.",
            pieces: paris + [.text("So.")]),
        Case(
            name: "arguments that are cut short", format: .list,
            text: "[{\"name\": \"weather\", \"arguments\": {\"city\": \"é</tool",
            pieces: [.call(name: "weather"), .arguments("{\"city\": \"é</tool")]),
        Case(
            name: "marks that are not closed", format: .tagged,
            text: "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}\n"
                + "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome {\\\"}\"}}\n",
            pieces: paris + rome),
        Case(
            name: "a list that goes on with something else", format: .list,
            text: "[{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}, {\"name\": \"other\"}]",
            pieces: paris + [.text("{\"name\": \"other\"}]")]),
        Case(
            name: "a list of which one is written otherwise", format: .list,
            text: "[{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}},\n"
                + "{\"type\": \"function\", \"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}]",
            pieces: paris + oslo),
        Case(name: "a list that is none", format: .list, text: "[1] A footnote.", pieces: [.text("[1] A footnote.")]),
    ]

    /// What came out of the beginning of a text, however it came.
    private static func pieces(_ wanted: Case, _ texts: [String], isWhole: Bool = true) -> [ToolCallPiece] {
        var parser = ToolCallParser(format: wanted.format, names: ["weather"])
        let pieces = texts.flatMap { parser.append($0) }
        return ToolCallParser.joined(isWhole ? pieces + parser.finish() : pieces)
    }

    @Test(arguments: cases) func textAtOnce(_ wanted: Case) {
        #expect(Self.pieces(wanted, [wanted.text]) == wanted.pieces)
    }

    @Test(arguments: cases) func textInTwoPieces(_ wanted: Case) {
        for index in wanted.text.indices {
            let parts = [String(wanted.text[..<index]), String(wanted.text[index...])]
            #expect(Self.pieces(wanted, parts) == wanted.pieces, "cut at \(parts[0])")
        }
    }

    @Test(arguments: cases) func textCharacterByCharacter(_ wanted: Case) {
        #expect(Self.pieces(wanted, wanted.text.map { String($0) }) == wanted.pieces)
    }

    /// Of the beginning of a text the same has come out whatever pieces it came in: another worker can go on from there.
    @Test(arguments: cases) func whatHasComeOutDependsOnTheTextAlone(_ wanted: Case) {
        for count in 0...wanted.text.count {
            let text = wanted.text.prefix(count)
            let atOnce = Self.pieces(wanted, [String(text)], isWhole: false)
            #expect(atOnce == Self.pieces(wanted, text.map { String($0) }, isWhole: false), "up to \(text)")
        }
    }

    /// Of several calls the first is taken where one is wanted, as soon as it has ended, and nothing that follows.
    @Test(arguments: cases) func oneCallWhereOneIsWanted(_ wanted: Case) throws {
        for parts in [[wanted.text], wanted.text.map { String($0) }] {
            var parser = ToolCallParser(format: wanted.format, names: ["weather"], allowsParallelCalls: false)
            var pieces: [ToolCallPiece] = []
            for part in parts where !parser.hasEnded { pieces += parser.append(part) }
            let expected = wanted.pieces.prefix { if case .arguments = $0 { false } else { true } }
            let isCall = expected.count < wanted.pieces.count
            #expect(
                ToolCallParser.joined(pieces + parser.finish())
                    == (isCall ? Array(wanted.pieces.prefix(expected.count + 1)) : wanted.pieces))
        }
    }

    @Test func theEndOfTheOnlyCallIsKnown() {
        var parser = ToolCallParser(format: .list, names: ["weather"], allowsParallelCalls: false)
        #expect(parser.append("[{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}") == Self.paris)
        #expect(!parser.hasEnded && parser.trailingBytes == 0)
        #expect(parser.append("}, {\"name\"").isEmpty && parser.hasEnded && parser.trailingBytes == 9)
    }

    /// Name and arguments come as they are written, not when the call has ended.
    @Test(arguments: [ToolCallFormat.tagged, .bareObject, .list]) func argumentsComeAsTheyAreWritten(
        _ format: ToolCallFormat
    ) {
        var parser = ToolCallParser(format: format, names: ["weather"])
        _ = parser.append(format.opening)
        #expect(parser.append("{\"name\": \"weather\", \"\(format.argumentsKey)\": ").isEmpty)
        #expect(parser.append("{") == [.call(name: "weather"), .arguments("{")])
        for text in ["\"city\"", ": \"Par", "is }", "\"}"] { #expect(parser.append(text) == [.arguments(text)]) }
        #expect((parser.append("}" + format.closing) + parser.finish()).isEmpty)
    }

    /// What an answer is made to begin with is the beginning of a call.
    @Test(arguments: [ToolCallFormat.tagged, .bareObject, .list]) func openingsBeginCalls(_ format: ToolCallFormat) {
        var parser = ToolCallParser(format: format, names: ["weather"])
        #expect(parser.append(format.opening).isEmpty)
        let call = "{\"name\": \"weather\", \"\(format.argumentsKey)\": {\"city\": \"Paris\"}}"
        #expect(parser.append(call) + parser.append(format.closing) + parser.finish() == Self.paris)
    }

    @Test func formatsAreSeenInTemplates() {
        #expect(ToolCallFormat(template: "… <tool_call>\n{{ tool_call | tojson }}") == .tagged)
        #expect(ToolCallFormat(template: "… '\"parameters\": ' …") == .bareObject)
        #expect(ToolCallFormat(template: "… [TOOL_CALLS] …") == .list)
    }
}
