import TerseEngine
import TerseJSON

/// What came to a choice since the piece before.
struct AnswerDelta: Sendable, Equatable {
    /// A function that is to be called.
    struct Call: Sendable, Equatable {
        let index: Int
        let id: String
        let name: String
        /// JSON in a string.
        let arguments: String
    }

    let choice: Int
    var text = ""
    var calls: [Call] = []
    /// The tokens that the model chose for it, and perhaps for what is still held back.
    var tokens: [GeneratedToken] = []
    var finish: FinishReason?
    /// Bytes of the model's text that this and all before it were made of.
    var textBytes = 0
}
