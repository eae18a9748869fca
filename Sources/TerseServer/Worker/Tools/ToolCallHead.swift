/// The beginning of a call as models write it, up to its arguments: `{"name": "…", "arguments": {`.
enum ToolCallHead: Equatable {
    /// What came may still become such a beginning.
    case incomplete
    /// Something else: perhaps a call that is written in another way.
    case other
    /// The function's name, and where the arguments' object begins.
    case found(name: String, arguments: String.Index)

    init(_ text: Substring) {
        var reader = Reader(rest: text.utf8)
        do throws(Reader.Stop) {
            try reader.expect("{")
            try reader.expect("\"name\"")
            try reader.expect(":")
            let name = try reader.string()
            try reader.expect(",")
            try reader.expect(either: "\"arguments\"", "\"parameters\"")
            try reader.expect(":")
            try reader.skipSpace()
            let start = reader.rest.startIndex
            try reader.expect("{")
            self = .found(name: name, arguments: start)
        } catch {
            self = error == .incomplete ? .incomplete : .other
        }
    }

    private struct Reader {
        enum Stop: Error { case incomplete, other }

        var rest: Substring.UTF8View

        mutating func skipSpace() throws(Stop) {
            rest = rest.drop { " \n\r\t".utf8.contains($0) }
            if rest.isEmpty { throw .incomplete }
        }

        /// White space, and then this text.
        mutating func expect(_ text: StaticString) throws(Stop) {
            try skipSpace()
            let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            guard rest.starts(with: wanted) else { throw wanted.starts(with: rest) ? .incomplete : .other }
            rest = rest.dropFirst(wanted.count)
        }

        mutating func expect(either first: StaticString, _ second: StaticString) throws(Stop) {
            let before = rest
            do { try expect(first) } catch {
                guard error == .other else { throw error }
                rest = before
                try expect(second)
            }
        }

        /// A string in quotes without escapes, as names of functions are.
        mutating func string() throws(Stop) -> String {
            try expect("\"")
            let text = rest.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            guard text.count <= APILimits.nameLengthMax else { throw .other }
            guard text.endIndex < rest.endIndex else { throw .incomplete }
            guard rest[text.endIndex] == UInt8(ascii: "\"") else { throw .other }
            rest = rest[text.endIndex...].dropFirst()
            return String(Substring(text))
        }
    }
}
