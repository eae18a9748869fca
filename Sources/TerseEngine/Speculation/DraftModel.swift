import TerseModel
import TerseTokenizer

/// A small model that guesses what a large one will say: speculative decoding, after Leviathan et al. (2023).
///
/// It needs the large model's vocabulary, and may hold keys and values, layers and widths as it likes.
public struct DraftModel: Sendable {
    public let model: Model
    public let tokenizer: Tokenizer

    public init(model: Model, tokenizer: Tokenizer) {
        self.model = model
        self.tokenizer = tokenizer
    }

    /// - Throws: `EngineError` (`badRequest`) naming both files and the first token that is not the same.
    func check(against target: Model, _ other: Tokenizer) throws(EngineError) {
        let (mine, its) = (tokenizer.definition.tokens, other.definition.tokens)
        let files = "the draft model \(model.path) must have the tokenizer of \(target.path)"
        guard mine.count == its.count else {
            throw EngineError(.badRequest, "\(files): expected \(its.count) tokens, found \(mine.count)")
        }
        for id in 0..<mine.count where tokenizer.piece(Int32(id)) != other.piece(Int32(id)) {
            let (expected, found) = (other.spelling(Int32(id)) ?? "", tokenizer.spelling(Int32(id)) ?? "")
            throw EngineError(.badRequest, "\(files): expected token \(id) to be \"\(expected)\", found \"\(found)\"")
        }
    }
}
