import TerseJSON

/// Parts a model's text, as it comes, into text for the reader and calls of functions.
///
/// A call comes out as soon as its function is known, and its arguments as they are written. What looks like a call and
/// names no function that was offered is text after all, and so is a call that is written in another way than
/// `ToolCallHead` knows and turns out to be no JSON; such are held back until they have ended. White space beside calls is
/// nobody's, but between two texts it is theirs. What has come out depends on the text up to there alone, not on the pieces
/// it came in.
struct ToolCallParser: Sendable {
    enum State: Sendable, Equatable {
        /// Nothing but white space came: what looks like a call now is one in the forms without marks.
        case start
        /// Behind a call in a form without marks: another may follow.
        case betweenCalls
        case text
        /// At an opening mark: a call begins.
        case tagged
        /// At JSON that stands for itself, a call or a list of them.
        case bare
        /// Within a list, behind a call.
        case inList
        /// In the arguments of a call.
        case arguments
        /// Behind them.
        case behindArguments
        /// At JSON that is read when it has ended.
        case whole
        /// Behind the only call that is wanted: all that follows is nobody's.
        case ended
    }

    let format: ToolCallFormat
    let names: Set<String>
    /// Whether calls are taken after the first.
    let allowsParallelCalls: Bool
    var state = State.start
    /// What has not come out yet.
    var held = ""
    var scan = JSONExtent()
    /// Whether a call that began is one of a list.
    var isInList = false
    /// Of the text that came last, how many bytes lie behind the end of the only call that is wanted.
    private(set) var trailingBytes = 0
    /// Whether text has come out, and whether what came last was a call.
    private var (hasText, isBehindCall) = (false, false)

    init(format: ToolCallFormat, names: Set<String>, allowsParallelCalls: Bool = true) {
        self.format = format
        self.names = names
        self.allowsParallelCalls = allowsParallelCalls
    }

    /// Whether the only call that is wanted is there.
    var hasEnded: Bool { state == .ended }

    mutating func append(_ text: String) -> [ToolCallPiece] {
        held += text
        var pieces: [ToolCallPiece] = []
        while let found = step() {
            for piece in found { note(piece) }
            pieces += found
        }
        if hasEnded { (trailingBytes, held) = (held.utf8.count, "") }
        return Self.joined(pieces)
    }

    private mutating func note(_ piece: ToolCallPiece) {
        if case .text = piece {
            (hasText, isBehindCall) = (true, false)
        } else {
            isBehindCall = true
        }
    }

    /// The text has ended.
    mutating func finish() -> [ToolCallPiece] {
        defer { held = "" }
        switch state {
        case .tagged: return calls(in: held.dropFirst(ToolCallFormat.openingTag.count)) ?? rest
        case .bare, .whole: return calls(in: held[...]) ?? rest
        case .arguments: return held.isEmpty ? [] : [.arguments(held)]
        case .behindArguments, .ended: return []
        case .inList where held.allSatisfy { $0.isWhitespace || $0 == "," }: return []
        case .betweenCalls where held.allSatisfy { $0.isWhitespace || $0 == ";" }: return []
        case .start, .betweenCalls, .text, .inList: return rest
        }
    }

    private var rest: [ToolCallPiece] {
        let text = withoutSpaceBehindCall
        return text.isEmpty ? [] : [.text(String(text))]
    }

    /// What is held, without the white space that a call has behind it: with nothing but white space there is no text, and
    /// with text before the call as well it is between the two.
    private var withoutSpaceBehindCall: Substring {
        guard isBehindCall else { return held[...] }
        let text = held.drop(while: \.isWhitespace)
        return hasText && !text.isEmpty ? held[...] : text
    }

    /// Takes one piece off what is held; nil when more text is needed for that.
    private mutating func step() -> [ToolCallPiece]? {
        switch state {
        case .start, .betweenCalls: return leaveStart()
        case .text: return takeText()
        case .tagged: return beginTagged()
        case .bare: return beginBare()
        case .inList: return goOnInList()
        case .arguments: return takeArguments()
        case .behindArguments: return skipToEnd()
        case .whole: return takeWhole()
        case .ended: return nil
        }
    }

    /// A call has ended.
    mutating func leaveCall(to next: State) { state = allowsParallelCalls ? next : .ended }

    private mutating func leaveStart() -> [ToolCallPiece]? {
        let rest = held.drop { $0.isWhitespace || $0 == ";" && state == .betweenCalls }
        guard let first = rest.first else { return nil }
        guard format != .tagged else {
            state = .text
            return []
        }
        for mark in ToolCallFormat.leadingMarks {
            if rest.hasPrefix(mark) {
                held = String(rest.dropFirst(mark.count))
                return []
            }
            if mark.hasPrefix(rest) { return nil }
        }
        let opens: Character = format == .list ? "[" : "{"
        guard first == opens else {
            state = .text
            return []
        }
        held = String(rest)
        state = .bare
        return []
    }

    private mutating func takeText() -> [ToolCallPiece]? {
        let text = withoutSpaceBehindCall
        guard !text.isEmpty else { return nil }
        held = String(text)
        guard format == .tagged else {
            defer { held = "" }
            return [.text(held)]
        }
        if let tag = held.range(ofText: ToolCallFormat.openingTag) {
            let before = Self.trimmed(held[..<tag.lowerBound])
            held = String(held[tag.lowerBound...])
            state = .tagged
            return before.isEmpty ? [] : [.text(before)]
        }
        let out = Self.trimmed(held.dropLast(held.suffixThatBegins(ToolCallFormat.openingTag)))
        guard !out.isEmpty else { return nil }
        held = String(held.dropFirst(out.count))
        return [.text(out)]
    }

    /// Without the white space at the end: between text and calls it belongs to neither, so it waits for what follows.
    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// - Returns: nil when `text` is not one call or a list of calls of functions that were offered.
    func calls(in text: Substring) -> [ToolCallPiece]? {
        guard let value = try? JSONValue.parse(text.utf8, limits: JSONLimits(maximumDepth: APILimits.bodyDepthMax))
        else { return nil }
        var pieces: [ToolCallPiece] = []
        for element in value.arrayValue ?? [value] {
            let call = element["function"] ?? element
            guard let name = call["name"]?.stringValue, names.contains(name) else { return nil }
            let arguments = call["arguments"] ?? call["parameters"] ?? [:]
            pieces += [.call(name: name), .arguments(arguments.stringValue ?? arguments.serialized())]
        }
        guard !pieces.isEmpty else { return nil }
        return allowsParallelCalls ? pieces : Array(pieces.prefix(2))
    }

    /// Text beside text is one piece, and so are arguments of one call.
    static func joined(_ pieces: [ToolCallPiece]) -> [ToolCallPiece] {
        pieces.reduce(into: []) { result, piece in
            switch (result.last, piece) {
            case (.text(let before)?, .text(let more)): result[result.count - 1] = .text(before + more)
            case (.arguments(let before)?, .arguments(let more)): result[result.count - 1] = .arguments(before + more)
            default: result.append(piece)
            }
        }
    }
}
