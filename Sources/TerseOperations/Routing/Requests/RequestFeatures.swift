/// What is known of a request before anybody has computed anything for it.
public struct RequestFeatures: Sendable, Equatable, Codable {
    public var promptBytes: Int
    /// Counted by a tokenizer, or estimated from the bytes.
    public var promptTokens: Int
    public var traits: TextTraits
    public var structure: AnswerStructure
    /// The most tokens that may be generated; nil where the request does not say.
    public var outputTokensMax: Int?
    /// Messages before the last one.
    public var conversationDepth: Int
    /// Whose request it is; nil for nobody's in particular. Chooses among the policies.
    public var tenant: String?
    /// Grows with urgency; 0 is usual. Urgent requests go where the queue is short.
    public var priority: Int
    public var objectives: ServiceObjectives

    enum CodingKeys: String, CodingKey, CaseIterable {
        case promptBytes = "prompt_bytes"
        case promptTokens = "prompt_tokens"
        case traits, structure
        case outputTokensMax = "output_tokens_max"
        case conversationDepth = "conversation_depth"
        case tenant, priority, objectives
    }

    /// English has about so many bytes a token in vocabularies of usual size.
    public static let bytesPerTokenAssumed = 4

    /// Reads them off the texts of a conversation, in their order; a prompt alone is one text. Looks at the end of the
    /// last texts only, whatever they are long.
    /// - Parameter promptTokens: nil where no tokenizer counted them.
    public init(
        texts: [String], promptTokens: Int? = nil, structure: AnswerStructure = .text, outputTokensMax: Int? = nil,
        tenant: String? = nil, priority: Int = 0, objectives: ServiceObjectives = ServiceObjectives()
    ) {
        promptBytes = texts.reduce(0) { $0 + $1.utf8.count }
        self.promptTokens = max(1, promptTokens ?? promptBytes / Self.bytesPerTokenAssumed)
        traits = TextTraits(of: Self.end(of: texts))
        (self.structure, self.outputTokensMax) = (structure, outputTokensMax)
        conversationDepth = max(0, texts.count - 1)
        (self.tenant, self.priority, self.objectives) = (tenant, priority, objectives)
    }

    /// The last texts that are looked at, joined by ends of lines.
    private static func end(of texts: [String]) -> String {
        var bytes = 0
        let kept = texts.reversed().prefix { text in
            defer { bytes += text.utf8.count }
            return bytes < TextTraits.charactersMax
        }
        return kept.count == 1 ? kept.first ?? "" : kept.reversed().joined(separator: "\n")
    }

    /// - Throws: `RoutingError` for what no request has.
    func check() throws(RoutingError) {
        for (name, value) in [
            ("prompt_bytes", promptBytes), ("prompt_tokens", promptTokens), ("conversation_depth", conversationDepth),
            ("output_tokens_max", outputTokensMax ?? 1),
        ] {
            guard (0...Self.numberMax).contains(value) else {
                throw RoutingError("\(name): expected 0 to \(Self.numberMax), found \(value)")
            }
        }
        try objectives.check("objectives")
        let shares = [
            ("english_share", traits.englishShare), ("digit_share", traits.digitShare),
            ("uppercase_share", traits.uppercaseShare), ("symbol_share", traits.symbolShare),
            ("space_share", traits.spaceShare),
        ]
        for (name, share) in shares where !(share >= 0 && share <= 1) {
            throw RoutingError("traits: \(name): expected 0 to 1, found \(share)")
        }
        try RoutingError.check("traits: letters_per_word", traits.lettersPerWord)
        try RoutingError.check("traits: characters_per_line", traits.charactersPerLine)
    }

    /// What is longer is no request.
    static let numberMax = 1 << 40
}
