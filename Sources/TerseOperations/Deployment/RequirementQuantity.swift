/// What a deployment can set a limit to. Specs, records and reports have these names.
public enum RequirementQuantity: String, Sendable, CaseIterable {
    /// Of the serving process: weights, keys and values, scratch. Predicted from the file, then measured.
    case memory
    /// Multiplications with weights that a token takes.
    case operationsPerToken = "operations_per_token"
    case loadSeconds = "load_seconds"
    /// Of one prompt.
    case promptRate = "prompt_tokens_per_second"
    /// Of one sequence.
    case generationRate = "generation_tokens_per_second"
    /// Of all sequences under the load of the spec.
    case loadedRate = "loaded_tokens_per_second"
    /// Under the load of the spec, in milliseconds; has percentiles.
    case timeToFirstToken = "time_to_first_token_ms"
    /// Between two tokens of a sequence under that load, in milliseconds; has percentiles.
    case timePerOutputToken = "time_per_output_token_ms"
    case bitsPerByte = "bits_per_byte"
    case perplexity
    /// From the parent, in nats a token.
    case divergence = "kl_divergence"
    /// With the parent on the most probable token, a share.
    case agreement = "top1_agreement"
    case choiceAccuracy = "choice_accuracy"
    /// Of a generated token of one sequence.
    case joulesPerToken = "joules_per_token"
    /// Of the host.
    case cores
    /// Of the host.
    case hostMemory = "host_memory"
    /// How many of those that a requirement names the host has.
    case instructionSets = "instruction_sets"

    /// Whether what is measured must not be below the limit; else it must not be above.
    public var isLeast: Bool {
        switch self {
        case .promptRate, .generationRate, .loadedRate, .agreement, .choiceAccuracy, .cores, .hostMemory,
            .instructionSets:
            true
        default: false
        }
    }

    /// Whether limits are set to percentiles of it.
    public var hasPercentiles: Bool { self == .timeToFirstToken || self == .timePerOutputToken }

    /// Whether it is bytes.
    public var isBytes: Bool { self == .memory || self == .hostMemory }

    /// Whether it is a share of something.
    public var isShare: Bool { self == .agreement || self == .choiceAccuracy }

    /// Whether a text, or a file of questions, must be named to measure it on.
    public var isQuality: Bool {
        [.bitsPerByte, .perplexity, .divergence, .agreement, .choiceAccuracy].contains(self)
    }

    /// Whether it compares the candidate with its parent, token by token.
    public var isComparison: Bool { self == .divergence || self == .agreement }

    /// Whether something is known of it before anything is loaded; of memory more is, after.
    public var isForeseen: Bool {
        [.cores, .hostMemory, .instructionSets, .operationsPerToken, .memory].contains(self)
    }
}
