import TerseJSON

/// The body of `POST /v1/embeddings`.
struct EmbeddingRequest: Sendable {
    /// How vectors are spelled.
    enum Encoding: String, Sendable {
        case float
        /// Float32, little-endian, in base 64.
        case base64
    }

    let model: String
    let inputs: [PromptInput]
    let encoding: Encoding
    let dimensions: Int?
    let urgency: Urgency
    let unknown: [String]

    /// - Throws: `APIError` naming the parameter.
    init(_ body: JSONValue) throws(APIError) {
        var fields = try FieldReader(body)
        model = try fields.requiredString("model")
        inputs = try PromptInput.list(&fields, "input")
        let name = try fields.string("encoding_format") ?? Encoding.float.rawValue
        guard let encoding = Encoding(rawValue: name) else {
            throw .invalid(
                "encoding_format: expected \"float\" or \"base64\", found \"\(name.prefix(40))\"",
                parameter: "encoding_format")
        }
        self.encoding = encoding
        dimensions = try fields.integer("dimensions", in: 1...Int(Int32.max))
        urgency = try Urgency(&fields)
        fields.ignore("user", "terse")
        unknown = fields.unknown
    }
}
