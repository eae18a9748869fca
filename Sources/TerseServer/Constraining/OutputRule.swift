import TerseGrammar
import TerseJSON

/// What the whole text of an answer, or of what follows its given beginning, must be. Equal texts are equal rules.
struct OutputRule: Sendable, Hashable {
    private enum Kind: Sendable, Hashable {
        case jsonObject
        /// A schema in JSON, and what follows the value.
        case schema(String, closing: String)
        case gbnf(String)
    }

    private let kind: Kind
    /// What the client said it with.
    private let parameter: String

    /// - Returns: nil for plain text.
    init?(_ format: ResponseFormat) {
        switch format {
        case .text: return nil
        case .jsonObject: (kind, parameter) = (.jsonObject, "response_format")
        case .jsonSchema(_, let schema):
            (kind, parameter) = (.schema(schema.serialized(), closing: ""), "response_format.json_schema.schema")
        case .grammar(let text): (kind, parameter) = (.gbnf(text), "grammar")
        }
    }

    /// One call of one of these functions, written in `format`, whose opening the model was given.
    init(callOf tools: [ToolDefinition], format: ToolCallFormat) {
        let schema = ToolCallSchema(tools, argumentsKey: format.argumentsKey).json
        (kind, parameter) = (.schema(schema.serialized(), closing: format.closing), "tools")
    }

    /// Whether whatever obeys it is JSON, or has it to its end.
    var isJSON: Bool {
        if case .gbnf = kind { return false }
        return true
    }

    /// - Throws: `GrammarError`.
    func grammar() throws(GrammarError) -> Grammar {
        switch kind {
        case .jsonObject: return try Grammar.jsonObject()
        case .gbnf(let text): return try Grammar.gbnf(text)
        case .schema(let text, let closing):
            let schema: JSONValue
            do throws(JSONError) { schema = try JSONValue.parse(text) } catch {
                throw GrammarError(.invalidSchema, error.message)
            }
            var grammar = try Grammar.jsonSchema(schema)
            guard !closing.isEmpty else { return grammar }
            grammar.rules.append(
                Grammar.Rule("call", .sequence([.rule(grammar.root), .bytes(Array(closing.utf8))])))
            grammar.root = grammar.rules.count - 1
            return grammar
        }
    }

    func refusal(_ error: GrammarError) -> APIError {
        let place = error.pointer.map { " at \($0)" } ?? ""
        let keyword = error.keyword.map { ", keyword \"\($0)\"" } ?? ""
        return .invalid(
            "\(parameter)\(place)\(keyword): \(error.message)", parameter: parameter,
            code: error.code == .unsupportedKeyword ? "unsupported_keyword" : "invalid_schema")
    }
}
