/// Where guesses at the next tokens come from.
enum GuessSource {
    /// What followed before, where the text repeats itself: for nothing.
    case lookup
    /// A draft model, which takes time of its own.
    case draft
}
