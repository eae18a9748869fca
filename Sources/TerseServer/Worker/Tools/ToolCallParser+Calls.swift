/// Calls as they are written.
extension ToolCallParser {
    /// At an opening mark.
    mutating func beginTagged() -> [ToolCallPiece]? {
        let inside = held.dropFirst(ToolCallFormat.openingTag.count)
        if let call = begin(at: inside) { return call }
        // Nothing that is known: all of it is read when it has ended.
        guard let end = held.range(ofText: ToolCallFormat.closingTag) else { return nil }
        let pieces = calls(in: held[..<end.lowerBound].dropFirst(ToolCallFormat.openingTag.count))
        let all = String(held[..<end.upperBound])
        held = String(held[end.upperBound...])
        if pieces == nil { state = .text } else { leaveCall(to: .text) }
        return pieces ?? [.text(all)]
    }

    /// At a bracket that opens a call, or a list of calls.
    mutating func beginBare() -> [ToolCallPiece]? {
        isInList = format == .list
        let inside = isInList ? held.dropFirst() : held[...]
        if let call = begin(at: inside) { return call }
        guard ToolCallHead(inside) == .incomplete else {
            (state, scan, isInList) = (.whole, JSONExtent(), false)
            return []
        }
        return nil
    }

    /// Behind a call of a list.
    mutating func goOnInList() -> [ToolCallPiece]? {
        let rest = held.drop { $0.isWhitespace || $0 == "," }
        guard let first = rest.first else { return nil }
        switch first {
        case "]":
            held = String(rest.dropFirst())
            state = .betweenCalls
            return []
        case "{":
            if let call = begin(at: rest) { return call }
            guard ToolCallHead(rest) == .incomplete else {
                held = String(rest)
                (state, scan) = (.whole, JSONExtent())
                return []
            }
            return nil
        default:
            state = .text
            return []
        }
    }

    /// - Returns: nil when no call of a function that was offered begins there, or not enough of it is there.
    private mutating func begin(at text: Substring) -> [ToolCallPiece]? {
        guard case .found(let name, let arguments) = ToolCallHead(text), names.contains(name) else { return nil }
        held = String(text[arguments...])
        (state, scan) = (.arguments, JSONExtent())
        return [.call(name: name)]
    }

    /// Arguments end with the bracket that closes them, and at the latest with the closing mark.
    mutating func takeArguments() -> [ToolCallPiece]? {
        guard !held.isEmpty else { return nil }
        var open = held[...]
        var isClosed = false
        if format == .tagged {
            if let tag = held.range(ofText: ToolCallFormat.closingTag) {
                open = held[..<tag.lowerBound]
                isClosed = true
            } else {
                open = Substring(held.utf8.dropLast(held.suffixThatBegins(ToolCallFormat.closingTag)))
            }
        }
        let text = String(open)
        if let end = scan.end(in: text) {
            let arguments = String(text[..<end])
            held = String(Substring(held.utf8.dropFirst(arguments.utf8.count)))
            (state, scan) = (.behindArguments, JSONExtent(depth: 1))
            return [.arguments(arguments)]
        }
        scan.restart()
        held = String(held[open.endIndex...])
        if isClosed { (state, scan) = (.behindArguments, JSONExtent(depth: 1)) }
        guard isClosed || !text.isEmpty else { return nil }
        return text.isEmpty ? [] : [.arguments(text)]
    }

    /// What stands between arguments and the end of their call is nobody's.
    mutating func skipToEnd() -> [ToolCallPiece]? {
        guard format == .tagged else {
            guard let end = scan.end(in: held) else {
                held = ""
                scan.restart()
                return nil
            }
            held = String(held[end...])
            leaveCall(to: isInList ? .inList : .betweenCalls)
            return []
        }
        let (closing, opening) = (ToolCallFormat.closingTag, ToolCallFormat.openingTag)
        let (end, next) = (held.range(ofText: closing), held.range(ofText: opening))
        if let next, end.map({ next.lowerBound < $0.lowerBound }) ?? true {
            held = String(held[next.lowerBound...])
            leaveCall(to: .tagged)
            return []
        }
        if let end {
            held = String(held[end.upperBound...])
            leaveCall(to: .text)
            return []
        }
        let kept = max(held.suffixThatBegins(closing), held.suffixThatBegins(opening))
        held = String(held.suffix(kept))
        return nil
    }

    /// JSON that is written in another way.
    mutating func takeWhole() -> [ToolCallPiece]? {
        guard let end = scan.end(in: held) else { return nil }
        guard let pieces = calls(in: held[..<end]) else {
            state = .text
            return []
        }
        held = String(held[end...])
        leaveCall(to: isInList ? .inList : .betweenCalls)
        return pieces
    }
}
