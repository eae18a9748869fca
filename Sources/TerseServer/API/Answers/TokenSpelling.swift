import TerseJSON
import TerseTokenizer

/// How tokens are told beside their probabilities.
struct TokenSpelling: Sendable {
    let tokenizer: Tokenizer

    /// What a probability of nothing is told as: JSON has no infinity.
    static let logProbabilityMin: Float = -9999

    /// The token's text; parts of characters are replaced, its bytes tell them.
    func text(_ id: Int32) -> String { String(decoding: tokenizer.piece(id), as: UTF8.self) }

    func number(_ logProbability: Float) -> JSONValue {
        .number(Double(max(logProbability, Self.logProbabilityMin)))
    }

    /// `token`, `logprob` and `bytes`.
    func fields(of id: Int32, _ logProbability: Float) -> JSONObject {
        [
            "token": .string(text(id)), "logprob": number(logProbability),
            "bytes": .array(tokenizer.piece(id).map { .integer(Int64($0)) }),
        ]
    }
}
