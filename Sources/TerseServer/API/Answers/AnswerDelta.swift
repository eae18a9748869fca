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

    let choice: Int
    var text = ""
    var calls: [Call] = []
    /// The tokens that the model chose for it, and perhaps for what is still held back.
    var tokens: [GeneratedToken] = []
    var finish: FinishReason?
    /// Bytes of the model's text that this and all before it were made of.
    var textBytes = 0

    /// Adds what came after.
    mutating func take(_ more: AnswerDelta) {
        text += more.text
        for call in more.calls { take(call) }
        tokens += more.tokens
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
