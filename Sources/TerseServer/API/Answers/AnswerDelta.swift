import TerseEngine
import TerseJSON

/// What came to a choice since the piece before.
struct AnswerDelta: Sendable, Equatable {
    /// A function that is to be called, or more of its arguments.
    struct Call: Sendable, Equatable {
        let index: Int
        /// The call's id and the function's name, where the call begins.
        var id: String?
        var name: String?
        /// JSON in a string, or the next part of it.
        var arguments = ""
    }

    /// A token of the model's text.
    struct Token: Sendable, Equatable {
        let token: GeneratedToken
        /// How many characters of the choice's text stand before the one that it begins in.
        let offset: Int

        init(_ token: GeneratedToken, offset: Int) {
            self.token = token
            self.offset = offset
        }
    }

    let choice: Int
    var text = ""
    var calls: [Call] = []
    /// The tokens whose text begins in what this was made of.
    var tokens: [Token] = []
    /// Tokens that were chosen and whose text is not part of the answer: a stop string's.
    var hiddenTokens: [Int32] = []
    var finish: FinishReason?
    /// Bytes of the model's text that this and all before it were made of.
    var textBytes = 0

    /// All tokens, by their ids.
    var tokenIDs: [Int32] { tokens.map(\.token.id) + hiddenTokens }

    /// Adds what came after.
    mutating func take(_ more: AnswerDelta) {
        text += more.text
        for call in more.calls { take(call) }
        tokens += more.tokens
        hiddenTokens += more.hiddenTokens
        finish = more.finish ?? finish
    }

    /// Adds a call, or the rest of the last.
    mutating func take(_ call: Call) {
        if let last = calls.last, last.index == call.index {
            calls[calls.count - 1].arguments += call.arguments
        } else {
            calls.append(call)
        }
    }
}
