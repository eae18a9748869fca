/// A text with a beginning and an end: a file, or a line of a JSONL file.
struct Document: Sendable, Equatable {
    /// The file, and of a JSONL file the line.
    let source: String
    /// Its lines end in LF, whatever the file had.
    let text: String
}
