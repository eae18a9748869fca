/// Finds where a JSON object or array ends, in text that grows, looking at every byte once.
struct JSONExtent: Sendable {
    private var offset = 0
    private var depth: Int
    private var isInString = false
    private var isEscaped = false

    /// - Parameter depth: brackets that were opened before the text.
    init(depth: Int = 0) { self.depth = depth }

    /// The index after the closing bracket; nil when it has not come.
    mutating func end(in text: String) -> String.Index? {
        let bytes = text.utf8
        var index = bytes.index(bytes.startIndex, offsetBy: offset)
        while index < bytes.endIndex {
            let byte = bytes[index]
            bytes.formIndex(after: &index)
            offset += 1
            if isInString {
                take(inString: byte)
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return index }
            default: break
            }
        }
        return nil
    }

    /// All that was looked at is gone from the beginning of the text.
    mutating func restart() { offset = 0 }

    private mutating func take(inString byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
        }
    }
}
