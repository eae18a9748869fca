/// Bounds on what a request may hold.
enum APILimits {
    /// Bytes of a body.
    static let bodyBytesMax = 16 << 20
    /// Arrays and objects inside one another in a body.
    static let bodyDepthMax = 64
    /// Answers to one request.
    static let choicesMax = 16
    /// Prompts, and inputs to be embedded, in one request.
    static let inputsMax = 256
    static let messagesMax = 4096
    static let toolsMax = 128
    static let logitBiasMax = 1024
    /// Probable tokens told with each.
    static let topLogProbabilitiesMax = 20
    /// All that are told in an answer that is not streamed.
    static let probabilitiesMax = 200_000
    static let stopsMax = 16
    /// Seconds that a request may give itself.
    static let timeoutSeconds = 0.001...86400
    /// Characters of a name that a client chose: a model's, a tool's, a user's.
    static let nameLengthMax = 256
    /// Bytes of what a file says of its model that are told.
    static let descriptionBytesMax = 4096
}
