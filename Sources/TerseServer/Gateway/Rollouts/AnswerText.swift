import TerseJSON

/// An answer as a client got it, from which its text is read when somebody wants it.
enum AnswerText: Sendable {
    case whole(String)
    /// Events as they were sent.
    case events(String)

    /// Of longer ones nothing is kept.
    static let bytesMax = 256 << 10

    /// The text of the first choice; nil where there is none, such as in a call of a function.
    var text: String? {
        let text: String?
        switch self {
        case .whole(let body):
            let choice = (try? JSONValue.parse(Array(body.utf8)))?["choices"]?[0]
            text = choice?["message"]?["content"]?.stringValue ?? choice?["text"]?.stringValue
        case .events(let events):
            text = events.split(separator: "\n").reduce(into: "") { text, line in text += Self.piece(line) }
        }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func piece(_ line: Substring) -> String {
        guard line.hasPrefix("data: {"), let event = try? JSONValue.parse(Array(line.dropFirst(6).utf8)),
            let choice = event["choices"]?[0], choice["index"]?.intValue ?? 0 == 0
        else { return "" }
        return choice["delta"]?["content"]?.stringValue ?? choice["text"]?.stringValue ?? ""
    }
}
