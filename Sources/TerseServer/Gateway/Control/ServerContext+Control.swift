extension ServerContext {
    /// Who changes the registry, as it is recorded: the key's name.
    var author: String { client.name.isEmpty ? "api" : client.name }

    /// A part of the path, decoded.
    /// - Throws: `APIError` (400) for what is no percent-encoded text.
    func pathParameter(_ name: String) throws(APIError) -> String {
        try Self.decoded(parameters.get(name) ?? "", name)
    }

    /// The part of the path that is called `id`.
    /// - Throws: `APIError` (400) for what is no number.
    func pathID() throws(APIError) -> Int64 {
        let text = try pathParameter("id")
        guard let id = Int64(text) else {
            throw .invalid("id: expected a whole number, found \(text.prefix(APILimits.nameLengthMax))")
        }
        return id
    }

    /// The rest of the path, part by part, decoded.
    /// - Throws: `APIError` (400) for what is no percent-encoded text.
    func pathRest() throws(APIError) -> [String] {
        var parts: [String] = []
        for part in parameters.getCatchAll() { parts.append(try Self.decoded(String(part), "path")) }
        return parts
    }

    private static func decoded(_ text: String, _ name: String) throws(APIError) -> String {
        guard let decoded = text.removingPercentEncoding else {
            throw .invalid("\(name): expected percent-encoded text, found \(text.prefix(APILimits.nameLengthMax))")
        }
        return decoded
    }
}
