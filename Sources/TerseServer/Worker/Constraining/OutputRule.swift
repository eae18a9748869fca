import Crypto
import TerseGrammar
import TerseJSON

/// What the whole text of an answer, or of what follows its given beginning, must be.
struct OutputRule: Sendable {
    typealias Digest = SHA256Digest

    private enum Kind: Sendable {
        case jsonObject
        /// A schema in JSON, and what follows the value.
        case schema(String, closing: String)
        case gbnf(String)
        /// Text, and calls behind marks that obey a schema; unless several may come, the text ends behind the first.
        case calls(String, allowsParallelCalls: Bool)
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

    /// Any text in which calls of functions, wherever the model begins one, obey the schemas of those that are strict.
    /// - Parameter allowsParallelCalls: whether anything may follow a call.
    /// - Returns: nil where none is strict, or where a call has no mark that it begins with.
    init?(textWithCallsOf tools: [ToolDefinition], format: ToolCallFormat, allowsParallelCalls: Bool = true) {
        guard format == .tagged, tools.contains(where: \.isStrict) else { return nil }
        let schema = ToolCallSchema(tools, argumentsKey: format.argumentsKey, onlyStrict: true).json
        (kind, parameter) = (.calls(schema.serialized(), allowsParallelCalls: allowsParallelCalls), "tools")
    }

    /// Whether whatever obeys it is JSON, or has it to its end.
    var isJSON: Bool {
        switch kind {
        case .jsonObject, .schema: return true
        case .gbnf, .calls: return false
        }
    }

    /// Whether a space at the beginning counts, also where the model's encoding adds one: JSON has none there.
    var countsLeadingSpace: Bool {
        if case .gbnf = kind { return true }
        return false
    }

    /// Equal for rules whose texts have the same bytes.
    var digest: Digest {
        var hash = SHA256()
        let texts: [String] =
            switch kind {
            case .jsonObject: ["object"]
            case .schema(let schema, let closing): ["schema", closing, schema]
            case .gbnf(let text): ["gbnf", text]
            case .calls(let schema, let allowsParallelCalls):
                ["calls", allowsParallelCalls ? "several" : "one", schema]
            }
        for text in texts {
            withUnsafeBytes(of: text.utf8.count) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(text.utf8))
        }
        return hash.finalize()
    }

    /// - Throws: `GrammarError`.
    func grammar() throws(GrammarError) -> Grammar {
        switch kind {
        case .jsonObject: return try Grammar.jsonObject()
        case .gbnf(let text): return try Grammar.gbnf(text)
        case .schema(let text, let closing):
            let grammar = try Self.grammar(schema: text)
            return closing.isEmpty ? grammar : grammar.wrapped { .sequence([$0, .text(closing)]) }
        case .calls(let text, let allowsParallelCalls):
            let format = ToolCallFormat.tagged
            let free = Grammar.Expression.anything(without: ToolCallFormat.openingTag)
            return try Self.grammar(schema: text).wrapped { call in
                var part: [Grammar.Expression] = [.text(format.opening), call, .text(format.closing)]
                if allowsParallelCalls { part.append(free) }
                return .sequence([
                    free, .repetition(.sequence(part), minimum: 0, maximum: allowsParallelCalls ? nil : 1),
                ])
            }
        }
    }

    private static func grammar(schema text: String) throws(GrammarError) -> Grammar {
        let bytesMax = GrammarLimits().textBytesMax
        guard text.utf8.count <= bytesMax else {
            throw GrammarError(.limitExceeded, "the schema has \(text.utf8.count) bytes, more than \(bytesMax)")
        }
        let schema: JSONValue
        do throws(JSONError) { schema = try JSONValue.parse(text) } catch {
            throw GrammarError(.invalidSchema, error.message)
        }
        return try Grammar.jsonSchema(schema)
    }

    func refusal(_ error: GrammarError) -> APIError {
        let place = error.pointer.map { " at \($0)" } ?? ""
        let keyword = error.keyword.map { ", keyword \"\($0)\"" } ?? ""
        return .invalid(
            "\(parameter)\(place)\(keyword): \(error.message)", parameter: parameter,
            code: error.code == .unsupportedKeyword ? "unsupported_keyword" : "invalid_schema")
    }
}

extension Grammar {
    /// A grammar with a new root, made of the old one.
    fileprivate func wrapped(_ body: (Expression) -> Expression) -> Grammar {
        var grammar = self
        grammar.rules.append(Rule("answer", body(.rule(root))))
        grammar.root = grammar.rules.count - 1
        return grammar
    }
}
