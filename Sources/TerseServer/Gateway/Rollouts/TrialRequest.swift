import TerseJSON

/// A request that is computed for the sake of comparison: a copy of a client's, or one that is made up.
struct TrialRequest: Sendable {
    let path: String
    /// The client's, without what asks for a stream.
    let body: JSONObject

    /// Larger ones are not repeated.
    static let bytesMax = 64 << 10

    /// - Returns: nil for one that is too large.
    init?(copyOf body: JSONObject, path: String) {
        guard JSONValue.object(body).serialized().utf8.count <= Self.bytesMax else { return nil }
        var body = body
        (body["stream"], body["stream_options"], body["terse"]) = (nil, nil, nil)
        (self.path, self.body) = (path, body)
    }

    private init(path: String, body: JSONObject) { (self.path, self.body) = (path, body) }

    /// Made-up requests, one after the other: beginnings of texts that are gone on with by chance.
    static func madeUp(_ number: Int, model: String) -> TrialRequest {
        TrialRequest(
            path: GatewayRoutes.completions,
            body: [
                "model": .string(model), "prompt": .string(beginnings[number % beginnings.count]),
                "max_tokens": JSONValue(tokensMax), "temperature": 1,
            ])
    }

    private static let tokensMax = 32
    private static let beginnings = [
        "Once upon a time", "The first thing to know about", "In the beginning of the year", "She opened the door and",
        "There are three reasons why", "It was late in the evening when", "The old man looked at the sea and said",
        "To make bread, one needs", "Dear friend, I write to you because", "On the other side of the river",
        "The history of this town is", "When the rain had stopped,", "A good question is one that", "Before the war,",
        "The children ran down the hill to", "Nobody knew where the letter",
    ]
}
