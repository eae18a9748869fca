/// What a worker tells its gateway within a stream, as a comment before an event: what it takes to go on from there
/// with another worker. The gateway keeps it to itself.
enum StreamNote: Sendable, Equatable {
    /// The tokens of a choice that the event was made of, and the bytes of its text up to here.
    case progress(choice: Int, textBytes: Int, isFinished: Bool, tokens: [Int32])
    /// What the request took: its prompt at first, all in the end.
    case usage(Usage)
    /// The event tells the usage: all that is missing is the mark of the end.
    case closing

    private static let mark = ": terse "

    /// A line, its end included.
    var line: String {
        switch self {
        case .progress(let choice, let textBytes, let isFinished, let tokens):
            let ids = tokens.map { "\($0)" }.joined(separator: ",")
            return "\(Self.mark)progress \(choice) \(textBytes) \(isFinished ? 1 : 0) \(ids)\n"
        case .usage(let usage):
            return "\(Self.mark)usage \(usage.promptTokens) \(usage.completionTokens) \(usage.cachedTokens)\n"
        case .closing: return "\(Self.mark)closing\n"
        }
    }

    /// - Returns: nil for a line that is none.
    init?(line: some StringProtocol) {
        guard line.hasPrefix(Self.mark) else { return nil }
        let words = line.dropFirst(Self.mark.count).split(separator: " ")
        let numbers = words.dropFirst().prefix(3).compactMap { Int($0) }
        switch (words.first, numbers.count) {
        case ("progress", 3):
            let ids = words.count > 4 ? words[4].split(separator: ",").compactMap { Int32($0) } : []
            self = .progress(choice: numbers[0], textBytes: numbers[1], isFinished: numbers[2] == 1, tokens: ids)
        case ("usage", 3):
            self = .usage(
                Usage(promptTokens: numbers[0], cachedTokens: numbers[2], completionTokens: numbers[1]))
        case ("closing", 0): self = .closing
        default: return nil
        }
    }
}
