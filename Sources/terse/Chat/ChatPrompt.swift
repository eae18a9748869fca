import TerseChat
import TerseTokenizer

/// Turns a conversation into a model's tokens: by its chat template, or ChatML where it has none.
struct ChatPrompt {
    private let template: ChatTemplate
    private let tokenizer: Tokenizer
    /// Texts that end an answer although no token does: ChatML's marks, spelled out by a model that does not know them.
    let stopStrings: [String]

    /// - Throws: `ChatError` when the model's template uses what is not supported, with line and column.
    init(_ loaded: LoadedModel) throws {
        tokenizer = loaded.tokenizer
        if let source = loaded.file.chatTemplate {
            template = try ChatTemplate(source: source)
            stopStrings = []
        } else {
            template = .chatML
            stopStrings = ["<|im_end|>", "<|im_start|>"]
        }
    }

    /// The ids of the conversation and of what begins the answer.
    func ids(for messages: [ChatMessage]) throws -> [Int32] {
        let text = try template.render(
            messages, addGenerationPrompt: true, bosToken: spelling(tokenizer.bosID),
            eosToken: spelling(tokenizer.eosID))
        var ids = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
        // Most templates write the beginning-of-text token themselves.
        if tokenizer.definition.addsBOS, let bos = tokenizer.bosID, ids.first != bos { ids.insert(bos, at: 0) }
        return ids
    }

    private func spelling(_ id: Int32?) -> String { id.flatMap { tokenizer.spelling($0) } ?? "" }
}
