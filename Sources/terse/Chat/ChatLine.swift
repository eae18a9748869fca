/// A line that the user typed into a chat: something to say, or a command.
enum ChatLine: Equatable {
    case message(String)
    case help
    /// Forget the conversation, keep the system prompt.
    case reset
    /// Begin anew with this system prompt; empty: with none.
    case system(String)
    case save(String)
    case quit
    case nothing
    /// A command that there is not, or one without what it needs; the reason.
    case misspelled(String)

    static let helpText = """
        /system TEXT   start again with this system prompt
        /reset         forget the conversation
        /save FILE     write the conversation as JSON
        /help          this list
        /quit          leave, as Ctrl-D does
        Ctrl-C stops an answer. A line that ends in \\ goes on in the next.

        """

    init(_ line: String) {
        let text = line.trimmingSpaces
        guard text.hasPrefix("/") else {
            self = text.isEmpty ? .nothing : .message(text)
            return
        }
        let words = text.split(separator: " ", maxSplits: 1)
        let rest = words.count > 1 ? String(words[1]).trimmingSpaces : ""
        switch words.first {
        case "/help": self = .help
        case "/reset": self = .reset
        case "/system": self = .system(rest)
        case "/save": self = rest.isEmpty ? .misspelled("/save needs a file name") : .save(rest)
        case "/quit", "/exit": self = .quit
        default: self = .misspelled("no command \(words.first ?? "/"); /help lists them")
        }
    }
}

extension String {
    /// Without spaces, tabs and line ends on either side.
    var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
