import TerseJSON

/// An answer as it is kept: what a client got, whole or as the text of all events.
struct CachedAnswer: Sendable, Equatable {
    let streams: Bool
    let text: String
    let usage: Usage?

    /// What it counts for.
    var byteCount: Int { text.utf8.count + Self.overheadBytes }

    private static let overheadBytes = 256

    /// The text with the mark of the cache in what it tells of usage.
    var markedText: String {
        guard streams else { return Self.marked(text) }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix(Self.data), line.contains(Self.usageMember) else { return String(line) }
            return Self.data + Self.marked(String(line.dropFirst(Self.data.count)))
        }.joined(separator: "\n")
    }

    private static let data = "data: "
    private static let usageMember = "\"usage\":{"

    private static func marked(_ text: String) -> String {
        guard var json = (try? JSONValue.parse(text))?.objectValue else { return text }
        if let usage = json["usage"]?.objectValue { json["usage"] = hit(usage) }
        // Events of the responses API carry the whole response.
        if var response = json["response"]?.objectValue, let usage = response["usage"]?.objectValue {
            response["usage"] = hit(usage)
            json["response"] = .object(response)
        }
        return JSONValue.object(json).serialized()
    }

    private static func hit(_ usage: JSONObject) -> JSONValue {
        var usage = usage
        usage["terse_cache"] = "hit"
        return .object(usage)
    }
}
