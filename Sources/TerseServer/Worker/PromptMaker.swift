import Foundation
import TerseChat
import TerseJSON
import TerseTokenizer

/// Turns conversations and texts into a model's tokens.
struct PromptMaker: Sendable {
    let tokenizer: Tokenizer
    let template: ChatTemplate
    let toolFormat: ToolCallFormat
    /// Whether the template itself tells the model of tools.
    private let templateKnowsTools: Bool
    /// Texts that end an answer although no token does: ChatML's marks, spelled out by a model that does not know them.
    let stopStrings: [String]
    /// The most tokens that fit the context.
    private let tokensMax: Int
    /// A longer text has more tokens than that, whatever they are.
    private let textBytesMax: Int

    /// - Parameter tokensMax: the most tokens that fit the context.
    /// - Throws: `ChatError` when the template uses what is not supported, with its line.
    init(tokenizer: Tokenizer, template source: String?, tokensMax: Int) throws(ChatError) {
        self.tokenizer = tokenizer
        self.tokensMax = tokensMax
        let longest = (0..<Int32(tokenizer.vocabularySize)).reduce(1) { max($0, tokenizer.piece($1).count) }
        textBytesMax = tokensMax * longest
        if let source {
            template = try ChatTemplate(source: source)
            toolFormat = ToolCallFormat(template: source)
            templateKnowsTools = source.contains("tools")
            stopStrings = []
        } else {
            template = .chatML
            toolFormat = .tagged
            templateKnowsTools = false
            stopStrings = ["<|im_end|>", "<|im_start|>"]
        }
    }

    /// The tokens of a conversation and of what begins the answer.
    /// - Parameters:
    ///   - opening: what the answer begins with, whatever the model would say.
    ///   - now: what a template takes for the time, in seconds since 1970.
    /// - Throws: `APIError` (400) when the template refuses the conversation.
    func tokens(_ request: ChatRequest, opening: String, now: Int) throws(APIError) -> [Int32] {
        var messages = request.messages
        var tools: JSONValue?
        if request.toolChoice != .none {
            tools = .array(request.tools.map(\.json))
            if !templateKnowsTools {
                messages.insert(ChatMessage(role: "system", content: toolText(request.tools)), at: 0)
            }
        }
        let text: String
        do throws(ChatError) {
            text = try template.render(
                messages, tools: tools, addGenerationPrompt: true, bosToken: spelling(tokenizer.bosID),
                eosToken: spelling(tokenizer.eosID),
                extra: Dictionary(request.templateVariables.map { ($0.key, $0.value) }) { $1 },
                now: Date(timeIntervalSince1970: Double(now)))
        } catch {
            throw .invalid("messages: \(error.message)", parameter: "messages")
        }
        try check(text, of: "messages")
        var ids = tokenizer.encode(text + opening, addSpecial: false, parseSpecial: true)
        // Most templates write the beginning-of-text token themselves.
        if tokenizer.definition.addsBOS, let bos = tokenizer.bosID, ids.first != bos { ids.insert(bos, at: 0) }
        return ids
    }

    /// The tokens of a text that is to be gone on from, or embedded.
    /// - Parameter member: where the request has it.
    /// - Throws: `APIError` (400) for what does not fit the context, is empty, or has tokens that the model does not know.
    func tokens(_ input: PromptInput, of member: String) throws(APIError) -> [Int32] {
        let ids: [Int32]
        switch input {
        case .text(let text):
            try check(text, of: member)
            ids = tokenizer.encode(text, addSpecial: true, parseSpecial: false, forceBOS: text.isEmpty)
        case .tokens(let given):
            ids = given
            try check(ids, of: member)
        }
        try checkCount(ids, of: member)
        return ids
    }

    /// Refuses what would take long to cut into tokens, only to be refused then.
    /// - Throws: `APIError` (400).
    func check(_ text: String, of member: String) throws(APIError) {
        guard text.utf8.count <= textBytesMax else {
            throw .invalid(
                "\(member): a text of \(text.utf8.count) bytes does not fit a context of \(tokensMax) tokens",
                parameter: member, code: "context_length_exceeded")
        }
    }

    /// - Throws: `APIError` (400) for ids that no token has.
    func check(_ ids: some Sequence<Int32>, of member: String) throws(APIError) {
        let count = tokenizer.vocabularySize
        guard let strange = ids.first(where: { !(0..<count).contains(Int($0)) }) else { return }
        throw .invalid("\(member): expected token ids below \(count), found \(strange)", parameter: member)
    }

    /// - Throws: `APIError` (400) for more tokens than fit the context, or none.
    func checkCount(_ ids: [Int32], of member: String) throws(APIError) {
        guard !ids.isEmpty else {
            throw .invalid("\(member): expected one or more tokens, found none", parameter: member)
        }
        guard ids.count <= tokensMax else {
            throw .invalid(
                "\(member): \(ids.count) tokens do not fit a context of \(tokensMax)", parameter: member,
                code: "context_length_exceeded")
        }
    }

    func text(_ input: PromptInput) -> String {
        switch input {
        case .text(let text): text
        case .tokens(let ids): tokenizer.decode(ids)
        }
    }

    /// For models whose template has no words for tools.
    private func toolText(_ tools: [ToolDefinition]) -> String {
        """
        You may call functions. These are available, in JSON:
        \(tools.map { $0.json.serialized() }.joined(separator: "\n"))
        To call one, answer with \(ToolCallFormat.openingTag)
        {"name": NAME, "arguments": OBJECT}
        \(ToolCallFormat.closingTag)
        """
    }

    private func spelling(_ id: Int32?) -> String { id.flatMap { tokenizer.spelling($0) } ?? "" }
}
