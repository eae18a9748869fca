import TerseJSON

/// What a gateway asks of a worker: how probable its model finds an answer that another one gave.
struct ScoreRequest: Sendable {
    /// The path of the request that was answered, and its body.
    let origin: String
    let body: JSONObject
    let answer: String

    static let path = "/score"
    /// Tokens of an answer that are scored: its first ones.
    static let tokensMax = 512

    init(origin: String, body: JSONObject, answer: String) {
        (self.origin, self.body, self.answer) = (origin, body, answer)
    }

    /// - Throws: `APIError` naming the member.
    init(_ json: JSONValue) throws(APIError) {
        var fields = try FieldReader(json)
        let body = try fields.object("request") ?? JSONObject()
        self.init(
            origin: try fields.requiredString("path"), body: body, answer: try fields.requiredString("answer"))
    }

    var json: JSONValue { ["path": .string(origin), "request": .object(body), "answer": .string(answer)] }
}
