import TerseJSON

/// The body of `POST /v1/completions`.
struct CompletionRequest: Sendable {
    let model: String
    let prompts: [PromptInput]
    let sampling: SamplingFields
    let tokensMax: Int
    let logProbabilities: Int?
    /// Whether the answer begins with the prompt.
    let echoes: Bool
    let responseFormat: ResponseFormat
    let unknown: [String]

    /// As OpenAI's API has it.
    static let tokensMaxDefault = 16

    /// - Throws: `APIError` naming the parameter.
    init(_ body: JSONValue) throws(APIError) {
        var fields = try FieldReader(body)
        model = try fields.requiredString("model")
        prompts = try PromptInput.list(&fields, "prompt")
        sampling = try SamplingFields(&fields)
        tokensMax = try fields.integer("max_tokens", in: 0...Int(Int32.max)) ?? Self.tokensMaxDefault
        logProbabilities = try fields.integer("logprobs", in: 0...APILimits.topLogProbabilitiesMax)
        echoes = try fields.bool("echo") ?? false
        responseFormat = try ResponseFormat(&fields)
        if let best = try fields.integer("best_of", in: 1...APILimits.choicesMax), best != sampling.choiceCount {
            throw .invalid(
                "best_of: expected the same as n (\(sampling.choiceCount)), found \(best)", parameter: "best_of")
        }
        if let suffix = try fields.string("suffix"), !suffix.isEmpty {
            throw .invalid("suffix is not supported", parameter: "suffix", code: "unsupported_parameter")
        }
        guard !echoes || logProbabilities == nil else {
            throw .invalid("echo: not allowed with logprobs", parameter: "echo", code: "unsupported_parameter")
        }
        guard prompts.count * sampling.choiceCount <= APILimits.inputsMax else {
            throw .invalid(
                "prompt: \(prompts.count) prompts of \(sampling.choiceCount) choices each, expected at most "
                    + "\(APILimits.inputsMax) choices", parameter: "prompt")
        }
        fields.ignore("user", "terse")
        unknown = fields.unknown
    }
}
