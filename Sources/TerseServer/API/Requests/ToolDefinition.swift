import TerseJSON

/// A function that the model may call.
struct ToolDefinition: Sendable, Equatable {
    let name: String
    /// The schema of the arguments; nil: none are described.
    let parameters: JSONValue?
    let isStrict: Bool
    /// As the client wrote it, for the chat template.
    let json: JSONValue

    /// - Throws: `APIError` naming the parameter.
    init(_ json: JSONValue, path: String) throws(APIError) {
        var fields = try FieldReader(json, path: path)
        let type = try fields.requiredString("type")
        guard type == "function" else {
            throw .invalid("\(path).type: expected \"function\", found \"\(type)\"", parameter: "\(path).type")
        }
        guard let object = try fields.object("function") else { throw fields.missing("function") }
        var function = FieldReader(object, path: "\(path).function")
        name = try function.requiredString("name")
        let isPlain = name.utf8.allSatisfy { $0.isLetterOrDigit || "_-.".utf8.contains($0) }
        guard isPlain, !name.isEmpty, name.utf8.count <= APILimits.nameLengthMax else {
            throw .invalid(
                "\(path).function.name: expected 1…\(APILimits.nameLengthMax) of a-z, A-Z, 0-9, '_', '-', '.'",
                parameter: "\(path).function.name")
        }
        parameters = try function.object("parameters").map { .object($0) }
        isStrict = try function.bool("strict") ?? false
        self.json = json
    }
}
