/// A question with answers to choose from.
public struct ChoiceItem: Sendable, Equatable {
    /// What comes before every answer, and is not scored.
    public let context: String
    /// The answers, which follow the context after a space.
    public let choices: [String]
    /// Index of the right one.
    public let answer: Int
    /// Where it stands, for errors: file and line.
    public let place: String

    public init(context: String, choices: [String], answer: Int, place: String) {
        self.context = context
        self.choices = choices
        self.answer = answer
        self.place = place
    }
}
