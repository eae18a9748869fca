import TerseJSON

/// How the answer to one of the APIs is spelled, whole or in pieces.
protocol AnswerForm: Sendable {
    var head: AnswerHead { get }

    /// What is sent of a choice before anything is known of it.
    func opening(choice: Int) -> JSONObject?
    /// A piece of a stream.
    func piece(_ delta: AnswerDelta) -> JSONObject
    /// The last piece, which tells the usage.
    func closing() -> JSONObject
    /// Everything at once.
    func whole(_ choices: [AnswerDelta]) -> JSONObject
}
