import TerseJSON

/// Parts a model's text, as it comes, into text for the reader and calls of functions.
///
/// Text is held back only while it can still be the beginning of a call; what looks like a call and is none, because it
/// is no JSON or names no function that was offered, is text after all. What comes out depends on the text alone, not
/// on the pieces it came in.
struct ToolCallParser: Sendable {
    private enum State: Sendable, Equatable {
        /// Nothing but white space came: what looks like a call now is one in the forms without marks.
        case start
        /// Behind a call in a form without marks: another may follow.
        case betweenCalls
        case text
        /// Behind an opening mark.
        case tagged
        /// In JSON that stands for itself.
        case bare
    }

    private let format: ToolCallFormat
    private let names: Set<String>
    private var state = State.start
    /// What has not come out yet.
    private var held = ""
    private var scan = JSONExtent()

    init(format: ToolCallFormat, names: Set<String>) {
        self.format = format
        self.names = names
    }

    mutating func append(_ text: String) -> [ToolCallPiece] {
        held += text
        var pieces: [ToolCallPiece] = []
        while let found = step() { pieces += found }
        return Self.joined(pieces)
    }

    /// The text has ended.
    mutating func finish() -> [ToolCallPiece] {
        defer { held = "" }
        guard !held.isEmpty else { return [] }
        if state == .tagged, let calls = calls(in: held.dropFirst(ToolCallFormat.openingTag.count)) { return calls }
        if state == .bare, let calls = calls(in: held[...]) { return calls }
        return [.text(held)]
    }

    /// Takes one piece off what is held; nil when more text is needed for that.
    private mutating func step() -> [ToolCallPiece]? {
        switch state {
        case .start, .betweenCalls: return leaveStart()
        case .text: return takeText()
        case .tagged:
            guard let end = held.range(ofText: ToolCallFormat.closingTag) else { return nil }
            let whole = held[..<end.upperBound]
            let inside = held[..<end.lowerBound].dropFirst(ToolCallFormat.openingTag.count)
            let pieces = calls(in: inside) ?? [.text(String(whole))]
            held = String(held[end.upperBound...])
            state = .text
            return pieces
        case .bare:
            guard let end = scan.end(in: held) else { return nil }
            let pieces = calls(in: held[..<end])
            guard let pieces else {
                state = .text
                return []
            }
            held = String(held[end...])
            (state, scan) = (.betweenCalls, JSONExtent())
            return pieces
        }
    }

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
        (state, scan) = (.bare, JSONExtent())
        return []
    }

    private mutating func takeText() -> [ToolCallPiece]? {
        guard !held.isEmpty else { return nil }
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
    private func calls(in text: Substring) -> [ToolCallPiece]? {
        guard let value = try? JSONValue.parse(text.utf8, limits: JSONLimits(maximumDepth: APILimits.bodyDepthMax))
        else { return nil }
        var pieces: [ToolCallPiece] = []
        for element in value.arrayValue ?? [value] {
            let call = element["function"] ?? element
            guard let name = call["name"]?.stringValue, names.contains(name) else { return nil }
            let arguments = call["arguments"] ?? call["parameters"] ?? [:]
            pieces.append(.call(name: name, arguments: arguments))
        }
        return pieces.isEmpty ? nil : pieces
    }

    /// Text beside text is one piece.
    private static func joined(_ pieces: [ToolCallPiece]) -> [ToolCallPiece] {
        pieces.reduce(into: []) { result, piece in
            if case .text(let more) = piece, case .text(let before)? = result.last {
                result[result.count - 1] = .text(before + more)
            } else {
                result.append(piece)
            }
        }
    }
}
