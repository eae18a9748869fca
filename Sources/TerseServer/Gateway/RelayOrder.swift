import TerseJSON

/// A text to generate, and how the answer is told.
struct RelayOrder: Sendable {
    let path: String
    var body: JSONObject
    /// What the client calls the model.
    var model: String
    let streams: Bool
    /// Of the client's body, from which tokens are estimated.
    let byteCount: Int
    /// What the client calls it, where that is another API.
    var origin: String?
    var echo: JSONObject?

    /// As bytes have it: the tokens of the prompt, and some more.
    var promptTokens: Int { byteCount / Self.bytesPerToken }

    private static let bytesPerToken = 4

    /// The same of another model.
    func with(model name: String) -> RelayOrder {
        var order = self
        order.model = name
        order.body["model"] = .string(name)
        return order
    }
}
